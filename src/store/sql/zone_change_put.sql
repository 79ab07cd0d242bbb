-- zone_change_put: a row changes with a serial; a second time with it, it was what it was
-- before the first
-- $1 zone
-- $2 layer
-- $3 serial
-- $4 owner, from the root on
-- $5 action before, NULL: none
-- $6 action from now on, NULL: none
-- $7 order
-- $8 now, us
INSERT INTO zone_change (zone, layer, serial, owner, old, new, order_id, at_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (zone, layer, serial, owner) DO UPDATE SET new = excluded.new,
	order_id = excluded.order_id;
