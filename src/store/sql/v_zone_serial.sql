-- v_zone_serial: the newest serial; no row before the first change
SELECT serial
FROM v_zone_change
ORDER BY serial DESC
LIMIT 1;
