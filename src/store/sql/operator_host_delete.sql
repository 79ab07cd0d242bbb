-- operator_host_delete: hosts of an operator that goes
-- $1 operator
DELETE FROM operator_host
WHERE operator = $1;
