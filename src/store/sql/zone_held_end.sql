-- zone_held_end: the gate keeps an order back no more
-- $1 order
-- $2 outcome
-- $3 now, us
UPDATE zone_held
SET ended_us = $3, outcome = $2
WHERE order_id = $1 AND ended_us = 0;
