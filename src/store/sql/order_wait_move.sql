-- order_wait_move: an order is looked at again later, unless it changed meanwhile
-- $1 order
-- $2 when it changed, us
-- $3 when it is looked at, us
UPDATE order_wait
SET next_us = $3
WHERE order_id = $1 AND since_us = $2;
