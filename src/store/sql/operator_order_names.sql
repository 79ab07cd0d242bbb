-- operator_order_names: names of an order
-- $1 order
-- $2 limit
SELECT name, wildcard
FROM v_order_name
WHERE order_id = $1
ORDER BY name
LIMIT $2;
