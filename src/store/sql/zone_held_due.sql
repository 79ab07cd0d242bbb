-- zone_held_due: orders that the last gate keeps back, to be looked at again
SELECT order_id, held_us
FROM zone_held
WHERE ended_us = 0
ORDER BY held_us, order_id;
