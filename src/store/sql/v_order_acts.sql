-- v_order_acts: who put a hand to an order
-- $1 order
SELECT act, author, guards
FROM v_order_act
WHERE order_id = $1 AND act IN ('override', 'approve')
ORDER BY seq;
