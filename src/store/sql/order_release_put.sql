-- order_release_put: a name leaves the zones before the log says so
-- $1 order
-- $2 name
-- $3 zone, '': all
-- $4 author
-- $5 reason
-- $6 now, us
INSERT INTO order_release (order_id, name, zone, author, reason, at_us)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (order_id, name, zone) DO NOTHING;
