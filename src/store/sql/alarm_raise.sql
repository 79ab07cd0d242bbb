-- alarm_raise: an alarm, new, again, or with another text
-- $1 key
-- $2 kind
-- $3 subject or null
-- $4 text
-- $5 since when
INSERT INTO alarm (key, kind, subject, body, raised_us, cleared_us)
VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (key) DO UPDATE SET
	body = excluded.body,
	subject = excluded.subject,
	raised_us = CASE WHEN alarm.cleared_us = 0 THEN alarm.raised_us
			 ELSE excluded.raised_us END,
	cleared_us = 0;
