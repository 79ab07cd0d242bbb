-- order_release_held: does an order hold that name (in that zone)
-- $1 order
-- $2 name
-- $3 zone, '': in any
SELECT 1
FROM v_order_name n
WHERE n.order_id = $1 AND n.name = $2 AND n.lifted_us = 0
  AND NOT EXISTS (SELECT 1 FROM v_zone_lift l
                  WHERE l.order_id = n.order_id AND l.name = n.name AND l.zone = $3);
