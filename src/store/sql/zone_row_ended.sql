-- zone_row_ended: did an event lift names of that order, or end it, or is its end past
-- $1 order
-- $2 now, us
SELECT 1
FROM v_order o
WHERE o.id = $1
  AND (o.ends_us <= $2
       OR EXISTS (SELECT 1 FROM order_release r WHERE r.order_id = o.id)
       OR EXISTS (SELECT 1 FROM v_order_act a
                  WHERE a.order_id = o.id AND a.act IN ('lift', 'expire')));
