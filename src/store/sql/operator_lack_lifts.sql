-- operator_lack_lifts: lifts that an operator does not have yet
-- $1 operator
-- $2 limit
SELECT l.order_id, o.channel
FROM operator_lack l
JOIN v_order o ON o.id = l.order_id
WHERE l.operator = $1 AND l.expected = 'free' AND o.state NOT IN ('draft', 'in_force')
ORDER BY l.due_us, l.order_id
LIMIT $2;
