-- probe_holders: the orders that hold an owner in one zone, and from which serial on
-- $1 owner
-- $2 zone
-- $3 its territory, '': none
SELECT z.order_id, z.since_serial
FROM v_zone z
WHERE z.owner = $1
  AND NOT EXISTS (SELECT 1 FROM zone_held h WHERE h.order_id = z.order_id AND h.ended_us = 0)
  AND NOT EXISTS (SELECT 1 FROM order_release r
                  WHERE r.order_id = z.order_id AND r.name = z.name AND r.zone IN ('', $2))
  AND NOT EXISTS (SELECT 1 FROM v_zone_lift l
                  WHERE l.order_id = z.order_id AND l.name = z.name AND l.zone = $2)
  AND (NOT EXISTS (SELECT 1 FROM v_order_territory t WHERE t.order_id = z.order_id)
       OR EXISTS (SELECT 1 FROM v_order_territory t
                  WHERE t.order_id = z.order_id AND t.territory = $3))
ORDER BY z.order_id;
