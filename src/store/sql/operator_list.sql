-- operator_list: operators as the zone server needs them
SELECT name, address, notify_port, tsig_name, tsig_secret
FROM operator
ORDER BY name;
