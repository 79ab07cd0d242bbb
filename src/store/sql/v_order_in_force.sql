-- v_order_in_force: an order takes effect
-- $1 order
-- $2 now, us
-- $3 serial
UPDATE v_order
SET state = 'in_force', in_force_us = $2, serial_on = $3
WHERE id = $1;
