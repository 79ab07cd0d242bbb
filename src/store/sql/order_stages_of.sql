-- order_stages_of: names of an order that a plan lifts now
-- $1 order
-- $2 now, us
SELECT n.order_id, o.channel, n.plan_seq, n.name, n.stage_us
FROM v_order_name n
JOIN v_order o ON o.id = n.order_id
WHERE n.order_id = $1 AND n.stage_us > 0 AND n.stage_us <= $2
ORDER BY n.stage_us, n.name;
