-- v_order_plan_get: how many plans of an order stand at that seq
-- $1 order
-- $2 seq
SELECT count(*)
FROM v_order_act
WHERE order_id = $1 AND seq = $2 AND act = 'plan';
