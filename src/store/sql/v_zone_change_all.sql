-- v_zone_change_all: every row of v_zone_change in a fixed order, for comparing rebuilds
SELECT serial, owner, present, action, order_id, at_us
FROM v_zone_change
ORDER BY serial, owner;
