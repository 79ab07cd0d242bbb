-- zone_order_names: every name of an order, lifted or not
-- $1 order
SELECT name, wildcard
FROM v_order_name
WHERE order_id = $1
ORDER BY name;
