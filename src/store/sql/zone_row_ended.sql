-- zone_row_ended: did an event lift names of that order, or end it
-- $1 order
SELECT 1
FROM v_order_act
WHERE order_id = $1 AND act IN ('lift', 'expire')
LIMIT 1;
