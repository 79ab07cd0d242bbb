-- order_emergency_last: the newest emergency order that held a name since a time
-- $1 name
-- $2 since, us
SELECT o.id, o.in_force_us, o.state
FROM v_order_name n
JOIN v_order o ON o.id = n.order_id
WHERE n.name = $1 AND o.emergency = 1 AND o.in_force_us > $2
ORDER BY o.in_force_us DESC
LIMIT 1;
