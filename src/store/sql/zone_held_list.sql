-- zone_held_list: orders that the last gate keeps back, the oldest first
SELECT order_id, guards, findings, held_us
FROM zone_held
WHERE ended_us = 0
ORDER BY held_us, order_id;
