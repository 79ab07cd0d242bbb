-- access_since: the first record from a time on
-- $1 time, us
SELECT seq
FROM access
WHERE at_us >= $1
ORDER BY at_us, seq
LIMIT 1;
