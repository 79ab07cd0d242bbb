-- operator_address_delete: all of an operator
-- $1 operator
DELETE FROM operator_address
WHERE operator = $1;
