-- operator_pulled_held: an operator is there, with what is known of it
-- $1 operator
-- $2 origin
-- $3 now, us
UPDATE operator_pulled SET how = 'held', at_us = $3
WHERE operator = $1 AND origin = $2;
