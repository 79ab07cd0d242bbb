-- operator_pulled: the newest serial that an operator was given of any zone
-- $1 name
-- $2 serial
-- $3 now, us
UPDATE operator
SET pulled_serial = CASE WHEN pulled_serial < $2 THEN $2 ELSE pulled_serial END, pulled_us = $3
WHERE name = $1;
