-- zone_holders: what the orders in force say of an owner in one zone; none that is held back,
-- and none whose end is past, whatever its log says
-- $1 owner
-- $2 zone
-- $3 its territory, '': none
-- $4 now, us
SELECT z.action, z.order_id
FROM v_zone z
JOIN v_order o ON o.id = z.order_id
WHERE z.owner = $1 AND o.ends_us > $4
  AND NOT EXISTS (SELECT 1 FROM zone_held h WHERE h.order_id = z.order_id AND h.ended_us = 0)
  AND NOT EXISTS (SELECT 1 FROM order_release r
                  WHERE r.order_id = z.order_id AND r.name = z.name AND r.zone IN ('', $2))
  AND NOT EXISTS (SELECT 1 FROM v_zone_lift l
                  WHERE l.order_id = z.order_id AND l.name = z.name AND l.zone = $2)
  AND (NOT EXISTS (SELECT 1 FROM v_order_territory t WHERE t.order_id = z.order_id)
       OR EXISTS (SELECT 1 FROM v_order_territory t
                  WHERE t.order_id = z.order_id AND t.territory = $3))
ORDER BY z.since_serial, z.order_id;
