-- operator_move: an operator gets another zone, or gets it in another way
-- $1 name
-- $2 zone
-- $3 layout
-- $4 now, us
UPDATE operator
SET zone = $2, layout = $3, added_us = $4
WHERE name = $1;
