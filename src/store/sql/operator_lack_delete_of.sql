-- operator_lack_delete_of: all of an operator
-- $1 operator
DELETE FROM operator_lack
WHERE operator = $1;
