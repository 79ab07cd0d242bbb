-- v_zone_lift_insert: a name is free in one zone; a second time is a no-op
-- $1 order
-- $2 name
-- $3 zone
-- $4 now, us
INSERT INTO v_zone_lift (order_id, name, zone, lifted_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT (order_id, name, zone) DO NOTHING;
