-- alarm_text: what an alarm that stands says
-- $1 key
SELECT body
FROM alarm
WHERE key = $1 AND cleared_us = 0;
