-- operator_lack_delete: nothing of an order is missing at an operator
-- $1 order
-- $2 operator
DELETE FROM operator_lack
WHERE order_id = $1 AND operator = $2;
