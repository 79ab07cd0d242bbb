-- v_order_stage_unplan: no plan of the order waits for any zone
-- $1 order
DELETE FROM v_order_stage
WHERE order_id = $1;
