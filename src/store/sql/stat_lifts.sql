-- stat_lifts: lifts of these orders, and when the zone no longer had a name of it
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT a.iat_us,
       coalesce((SELECT min(z.at_us) FROM v_zone_change z
		 WHERE z.order_id = o.id AND z.present = 0 AND z.at_us >= a.iat_us), 0)
FROM v_order o
JOIN v_order_act a ON a.order_id = o.id
WHERE o.channel = $1 AND o.in_force_us >= $2 AND o.in_force_us < $3 AND a.act = 'lift'
ORDER BY o.id, a.seq;
