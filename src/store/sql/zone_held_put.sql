-- zone_held_put: the last gate keeps an order back
-- $1 order
-- $2 guards, JSON
-- $3 findings, JSON
-- $4 now, us
INSERT INTO zone_held (order_id, guards, findings, held_us, ended_us)
VALUES ($1, $2, $3, $4, 0)
ON CONFLICT (order_id) DO UPDATE SET guards = excluded.guards, findings = excluded.findings,
	held_us = CASE WHEN zone_held.ended_us = 0 THEN zone_held.held_us ELSE excluded.held_us END,
	ended_us = 0, outcome = NULL;
