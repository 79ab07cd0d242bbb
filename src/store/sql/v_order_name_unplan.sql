-- v_order_name_unplan: the names of an order wait for no plan
-- $1 order
UPDATE v_order_name
SET stage_us = 0
WHERE order_id = $1;
