-- order_release_of: names of an order whose lift waits for the log
-- $1 order
SELECT name, zone, author, at_us
FROM order_release
WHERE order_id = $1
ORDER BY name, zone;
