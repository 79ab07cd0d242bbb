-- v_order_stage_insert: a plan lifts a name in a zone at a time
-- $1 order
-- $2 seq of the plan
-- $3 at, us
-- $4 name
-- $5 zone
INSERT INTO v_order_stage (order_id, plan_seq, at_us, name, zone)
VALUES ($1, $2, $3, $4, $5);
