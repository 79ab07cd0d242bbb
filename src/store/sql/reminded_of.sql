-- reminded_of: how often an operator was reminded of an order, the last time, and its last answer
-- $1 order
-- $2 operator
SELECT count(CASE WHEN t.kind = 'reminded' THEN 1 END),
       max(CASE WHEN t.kind = 'reminded' THEN t.at_us END),
       max(CASE WHEN t.kind = 'answered' THEN t.at_us END)
FROM v_operator_talk_order o
JOIN v_operator_talk t ON t.channel = o.channel AND t.seq = o.seq
WHERE o.order_id = $1 AND o.operator = $2;
