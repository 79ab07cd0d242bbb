-- order_wait_put: look at an order at a time, because it changed
-- $1 order
-- $2 when it changed, us
-- $3 when it is looked at, us
INSERT INTO order_wait (order_id, since_us, next_us)
VALUES ($1, $2, $3)
ON CONFLICT (order_id) DO UPDATE SET since_us = excluded.since_us, next_us = excluded.next_us;
