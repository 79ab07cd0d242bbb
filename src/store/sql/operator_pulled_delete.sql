-- operator_pulled_delete: all of an operator
-- $1 operator
DELETE FROM operator_pulled
WHERE operator = $1;
