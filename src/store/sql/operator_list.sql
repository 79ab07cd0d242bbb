-- operator_list: operators as the zone server needs them
SELECT name, address, notify_port, resolver, zone, layout, added_us
FROM operator
ORDER BY name;
