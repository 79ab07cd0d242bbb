-- v_order_end: an order ends
-- $1 order
-- $2 state
-- $3 now, us
-- $4 serial
UPDATE v_order
SET state = $2, ended_us = $3, serial_off = $4
WHERE id = $1;
