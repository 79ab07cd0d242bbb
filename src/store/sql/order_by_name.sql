-- order_by_name: orders of a name, the newest first
-- $1 name
-- $2 at most
SELECT o.id, o.state, n.name, n.wildcard, n.lifted_us, o.in_force_us, r.year, r.number
FROM v_order_name n
JOIN v_order o ON o.id = n.order_id
LEFT JOIN v_register r ON r.order_id = o.id
WHERE n.name = $1
ORDER BY o.id DESC
LIMIT $2;
