-- operator_orders: orders that took effect, the newest first
-- $1 drafted before this one
-- $2 limit
SELECT id
FROM v_order
WHERE id < $1 AND in_force_us > 0
ORDER BY id DESC
LIMIT $2;
