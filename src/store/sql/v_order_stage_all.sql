-- v_order_stage_all: every row of v_order_stage in a fixed order, for comparing rebuilds
SELECT order_id, plan_seq, at_us, name, zone
FROM v_order_stage
ORDER BY order_id, name, zone;
