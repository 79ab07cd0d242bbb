-- zone_row_put: a row of a zone
-- $1 zone
-- $2 layer
-- $3 owner, from the root on
-- $4 action
-- $5 order
INSERT INTO zone_row (zone, layer, owner, action, order_id)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (zone, layer, owner) DO UPDATE SET action = excluded.action,
	order_id = excluded.order_id;
