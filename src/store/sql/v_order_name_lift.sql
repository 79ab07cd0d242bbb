-- v_order_name_lift: a name of an order is free of it, and no plan waits for it
-- $1 order
-- $2 name
-- $3 now, us
UPDATE v_order_name
SET lifted_us = $3, stage_us = 0
WHERE order_id = $1 AND name = $2;
