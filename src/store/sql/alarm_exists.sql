-- alarm_exists: was it ever raised
-- $1 key
SELECT count(*) FROM alarm WHERE key = $1;
