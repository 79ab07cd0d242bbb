-- order_wait_due: orders that are to be looked at by a time, or at any
-- $1 by when, us
-- $2 limit
SELECT order_id, since_us, next_us
FROM order_wait
WHERE next_us <= $1
ORDER BY next_us, order_id
LIMIT $2;
