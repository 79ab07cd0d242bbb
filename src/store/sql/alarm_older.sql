-- alarm_older: alarms of a kind that have stood since before a time
-- $1 kind
-- $2 before this, us
SELECT key
FROM alarm
WHERE kind = $1 AND cleared_us = 0 AND raised_us < $2
ORDER BY key;
