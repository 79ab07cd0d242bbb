-- operator_lack_sent: an operator was reminded of an order
-- $1 order
-- $2 operator
-- $3 when again, us
UPDATE operator_lack
SET next_us = $3, reminded = reminded + 1
WHERE order_id = $1 AND operator = $2;
