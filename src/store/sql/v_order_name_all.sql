-- v_order_name_all: every row of v_order_name in a fixed order, for comparing rebuilds
SELECT order_id, name, wildcard, lifted_us, stage_us, plan_seq, owner_us, owner_told,
       owner_channel
FROM v_order_name
ORDER BY order_id, name;
