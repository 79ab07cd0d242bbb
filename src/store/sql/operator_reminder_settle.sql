-- operator_reminder_settle: whatever is ready for an operator is ready no longer
-- $1 operator
-- $2 now, us
UPDATE operator_reminder
SET state = 'settled', ended_us = $2, ended_by = 'node'
WHERE operator = $1 AND state = 'ready';
