-- operator_show: operators without their secrets
SELECT name, address, notify_port, tsig_name, pulled_serial, pulled_us
FROM operator
ORDER BY name;
