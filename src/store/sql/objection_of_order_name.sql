-- objection_of_order_name: orders that took effect and cover the name, those in force first
-- $1 name
-- $2 whether it is the name asked for (1) or one above it (0)
SELECT o.id
FROM v_order_name n
JOIN v_order o ON o.id = n.order_id
WHERE n.name = $1 AND (CAST($2 AS BIGINT) = 1 OR n.wildcard = 1) AND o.in_force_us <> 0
ORDER BY o.ended_us <> 0 OR n.lifted_us <> 0, o.in_force_us DESC
LIMIT 1;
