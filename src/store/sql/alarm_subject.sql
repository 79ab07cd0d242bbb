-- alarm_subject: what an alarm that stands is about
-- $1 key
SELECT coalesce(subject, '')
FROM alarm
WHERE key = $1 AND cleared_us = 0;
