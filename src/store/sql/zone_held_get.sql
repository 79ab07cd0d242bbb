-- zone_held_get: the guards that hold an order and what they found, JSON
-- $1 order
SELECT guards, findings
FROM zone_held
WHERE order_id = $1 AND ended_us = 0;
