-- v_order_changed: names of a channel's orders that came into force or went since a time
-- $1 channel
-- $2 since, us
SELECT (SELECT count(*)
	FROM v_order o
	JOIN v_order_name n ON n.order_id = o.id
	WHERE o.channel = $1 AND o.in_force_us > $2)
     + (SELECT count(*)
	FROM v_order_name n
	CROSS JOIN v_order o
	WHERE o.id = n.order_id AND n.lifted_us > $2 AND o.channel = $1);
