-- zone_held_get: the guards that hold an order, JSON
-- $1 order
SELECT guards
FROM zone_held
WHERE order_id = $1 AND ended_us = 0;
