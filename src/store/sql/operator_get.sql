-- operator_get: one operator
-- $1 name
SELECT name, address, notify_port, resolver, zone, layout, added_us
FROM operator
WHERE name = $1;
