-- alarm_stands: does an alarm stand
-- $1 key
SELECT 1
FROM alarm
WHERE key = $1 AND cleared_us = 0;
