-- operator_reminder_get: a reminder
-- $1 id
SELECT r.id, r.operator, r.step, r.subject, r.body, r.made_us, r.state, r.ended_us, r.ended_by, r.via,
       coalesce(r.reach, c.reach), c.name
FROM operator_reminder r
LEFT JOIN operator_contact c ON c.operator = r.operator
WHERE r.id = $1;
