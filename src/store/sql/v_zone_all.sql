-- v_zone_all: every row of v_zone in a fixed order, for comparing rebuilds
SELECT owner, order_id, name, action, since_serial
FROM v_zone
ORDER BY owner, order_id;
