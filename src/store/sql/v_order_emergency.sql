-- v_order_emergency: how many emergency orders of a channel had a name since a time
-- $1 name
-- $2 since, us
-- $3 channel
SELECT count(*)
FROM v_order_name n
JOIN v_order o ON o.id = n.order_id
WHERE n.name = $1 AND o.emergency = 1 AND o.in_force_us > $2 AND o.channel = $3;
