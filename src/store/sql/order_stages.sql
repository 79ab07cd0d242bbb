-- order_stages: names that a plan lifts, the next first
-- $1 limit
SELECT n.order_id, o.channel, n.plan_seq, n.name, n.stage_us
FROM v_order_name n
JOIN v_order o ON o.id = n.order_id
WHERE n.stage_us > 0
ORDER BY n.stage_us, n.order_id, n.name
LIMIT $1;
