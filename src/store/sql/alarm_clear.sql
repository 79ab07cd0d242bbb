-- alarm_clear: an alarm that stands is past
-- $1 key
-- $2 when
UPDATE alarm SET cleared_us = $2 WHERE key = $1 AND cleared_us = 0;
