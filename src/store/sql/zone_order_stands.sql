-- zone_order_stands: does an order stand in a zone
-- $1 order
-- $2 territory of the zone, '': none
SELECT 1
WHERE NOT EXISTS (SELECT 1 FROM v_order_territory t WHERE t.order_id = $1)
   OR EXISTS (SELECT 1 FROM v_order_territory t WHERE t.order_id = $1 AND t.territory = $2);
