-- operator_reminder_end: it is ready no longer
-- $1 id
-- $2 state
-- $3 now, us
-- $4 by whom
-- $5 the way it went
-- $6 to whom
UPDATE operator_reminder
SET state = $2, ended_us = $3, ended_by = $4, via = $5, reach = $6
WHERE id = $1;
