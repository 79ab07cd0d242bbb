-- stat_orders: orders by when they took effect, and whether an objection was upheld
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT o.drafted_us, o.in_force_us, o.emergency, o.state,
       coalesce((SELECT min(z.at_us) FROM v_zone_change z
		 WHERE z.order_id = o.id AND z.present = 1), 0),
       EXISTS (SELECT 1 FROM v_objection b
	       WHERE b.order_id = o.id AND b.ruling IN ('upheld', 'partly'))
FROM v_order o
WHERE o.channel = $1 AND o.in_force_us >= $2 AND o.in_force_us < $3
ORDER BY o.id;
