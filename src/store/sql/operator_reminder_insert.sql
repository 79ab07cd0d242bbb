-- operator_reminder_insert: a reminder that is ready
-- $1 id
-- $2 operator
-- $3 step
-- $4 subject
-- $5 text
-- $6 now, us
INSERT INTO operator_reminder (id, operator, step, subject, body, made_us, state, ended_us, ended_by, via, reach)
VALUES ($1, $2, $3, $4, $5, $6, 'ready', 0, NULL, NULL, NULL);
