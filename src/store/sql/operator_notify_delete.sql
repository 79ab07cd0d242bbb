-- operator_notify_delete: what NOTIFY came to, of an operator that goes
-- $1 operator
DELETE FROM operator_notify
WHERE operator = $1;
