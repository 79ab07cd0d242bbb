-- v_order_name_plan: a plan lifts a name at a time
-- $1 order
-- $2 name
-- $3 when, us
-- $4 seq of the plan
UPDATE v_order_name
SET stage_us = $3, plan_seq = $4
WHERE order_id = $1 AND name = $2 AND lifted_us = 0
RETURNING name;
