-- v_order_act_all: every row of v_order_act in a fixed order, for comparing rebuilds
SELECT order_id, seq, act, author, guards, reason, iat_us, body, reviewed
FROM v_order_act
ORDER BY order_id, seq;
