-- order_zone_stages: names that plans lift for one zone only, the next first
-- $1 limit
SELECT t.order_id, o.channel, t.plan_seq, t.at_us, t.zone, t.name
FROM v_order_stage t
JOIN v_order o ON o.id = t.order_id
JOIN v_order_name n ON n.order_id = t.order_id AND n.name = t.name
WHERE o.state = 'in_force' AND n.lifted_us = 0
ORDER BY t.at_us, t.order_id, t.zone, t.name
LIMIT $1;
