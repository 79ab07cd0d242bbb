-- register_of_order: the number of an order in the register
-- $1 order
SELECT year, number FROM v_register WHERE order_id = $1;
