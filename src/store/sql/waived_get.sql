-- waived_get: why an operator is no longer waited for after an order's lift
-- $1 order
-- $2 operator
SELECT author, reason, at_us
FROM v_waived
WHERE order_id = $1 AND operator = $2;
