-- operator_reminder_page: reminders, of one operator or all, that are ready or all, the newest first
-- $1 operator or null
-- $2 whether those that are ready only
-- $3 limit
SELECT r.id, r.operator, r.step, r.subject, r.body, r.made_us, r.state, r.ended_us, r.ended_by, r.via,
       coalesce(r.reach, c.reach), c.name
FROM operator_reminder r
LEFT JOIN operator_contact c ON c.operator = r.operator
WHERE (CAST($1 AS TEXT) IS NULL OR r.operator = $1) AND (CAST($2 AS BIGINT) = 0 OR r.state = 'ready')
  AND r.state IN ('ready', 'sent')
ORDER BY r.made_us DESC, r.id
LIMIT $3;
