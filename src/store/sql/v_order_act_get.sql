-- v_order_act_get: a lift or plan that is reviewed
-- $1 order
-- $2 seq
SELECT author, reviewed
FROM v_order_act
WHERE order_id = $1 AND seq = $2 AND reviewed IS NOT NULL;
