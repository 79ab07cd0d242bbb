-- v_zone_lift_all: every row of v_zone_lift in a fixed order, for comparing rebuilds
SELECT order_id, name, zone, lifted_us
FROM v_zone_lift
ORDER BY order_id, name, zone;
