-- v_order_name_insert: a name of an order; a second time is a no-op
-- $1 order
-- $2 name
-- $3 wildcard
INSERT INTO v_order_name (order_id, name, wildcard, lifted_us, stage_us, plan_seq, owner_us,
	owner_told)
VALUES ($1, $2, $3, 0, 0, 0, 0, 0)
ON CONFLICT (order_id, name) DO NOTHING;
