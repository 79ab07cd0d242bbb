-- operator_talk_orders: the orders that something said with an operator is about
-- $1 channel
-- $2 seq
SELECT order_id, expected, serial, lacks
FROM v_operator_talk_order
WHERE channel = $1 AND seq = $2
ORDER BY order_id;
