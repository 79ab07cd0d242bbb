-- v_order_act_review: a lift or plan was reviewed
-- $1 order
-- $2 seq
-- $3 outcome
UPDATE v_order_act
SET reviewed = $3
WHERE order_id = $1 AND seq = $2;
