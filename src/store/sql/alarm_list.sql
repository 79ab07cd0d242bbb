-- alarm_list: alarms, the newest first
-- $1 whether those that are past too: 0 or 1
-- $2 at most
SELECT key, kind, subject, body, raised_us, cleared_us
FROM alarm
WHERE cleared_us = 0 OR CAST($1 AS BIGINT) = 1
ORDER BY raised_us DESC, key
LIMIT $2;
