-- v_objection_order: which order an objection is against
-- $1 channel
-- $2 objection
SELECT order_id FROM v_objection WHERE channel = $1 AND objection = $2;
