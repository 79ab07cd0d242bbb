-- order_wait_in_force: look at the newest orders in force too, because an operator came
-- $1 when it came, us
-- $2 when they are looked at, us
-- $3 how many, at most
INSERT INTO order_wait (order_id, since_us, next_us)
SELECT id, $1, $2
FROM v_order
WHERE state = 'in_force'
ORDER BY in_force_us DESC, id
LIMIT $3
ON CONFLICT (order_id) DO NOTHING;
