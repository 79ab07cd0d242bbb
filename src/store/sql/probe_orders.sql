-- probe_orders: the orders that hold a row of the zone
-- $1 owner
SELECT order_id
FROM v_zone
WHERE owner = $1
ORDER BY order_id;
