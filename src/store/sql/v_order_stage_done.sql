-- v_order_stage_done: no plan waits for that name in that zone
-- $1 order
-- $2 name
-- $3 zone
DELETE FROM v_order_stage
WHERE order_id = $1 AND name = $2 AND zone = $3;
