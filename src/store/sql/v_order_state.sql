-- v_order_state: a draft ends without effect
-- $1 order
-- $2 state
-- $3 now, us
UPDATE v_order
SET state = $2, ended_us = $3
WHERE id = $1;
