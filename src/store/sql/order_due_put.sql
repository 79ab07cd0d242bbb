-- order_due_put: when people are to be told of an order
-- $1 order
-- $2 kind
-- $3 when, us
INSERT INTO order_due (order_id, kind, at_us)
VALUES ($1, $2, $3)
ON CONFLICT (order_id, kind) DO UPDATE SET at_us = excluded.at_us;
