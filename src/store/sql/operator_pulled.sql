-- operator_pulled: the serial that an operator was given
-- $1 name
-- $2 serial
-- $3 now, us
UPDATE operator
SET pulled_serial = $2, pulled_us = $3
WHERE name = $1;
