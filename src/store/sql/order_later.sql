-- order_later: orders that replace one
-- $1 order
SELECT id, state
FROM v_order
WHERE previous = $1
ORDER BY id;
