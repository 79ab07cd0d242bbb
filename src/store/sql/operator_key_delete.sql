-- operator_key_delete: all of an operator
-- $1 operator
DELETE FROM operator_key
WHERE operator = $1;
