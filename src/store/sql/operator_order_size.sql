-- operator_order_size: how many names an order has
-- $1 order
SELECT count(*)
FROM v_order_name
WHERE order_id = $1;
