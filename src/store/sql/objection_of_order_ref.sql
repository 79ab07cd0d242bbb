-- objection_of_order_ref: the order of a number of the register
-- $1 year
-- $2 number
SELECT order_id FROM v_register WHERE year = $1 AND number = $2;
