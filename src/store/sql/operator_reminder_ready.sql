-- operator_reminder_ready: the reminder that is ready for an operator
-- $1 operator
SELECT id
FROM operator_reminder
WHERE operator = $1 AND state = 'ready';
