-- v_operator_talk_order_all: every row of v_operator_talk_order in a fixed order, for comparing rebuilds
SELECT order_id, operator, channel, seq, expected, serial, lacks
FROM v_operator_talk_order
ORDER BY order_id, operator, channel, seq;
