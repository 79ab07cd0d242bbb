-- step_due: steps that may be taken and were not looked at, the oldest first
-- $1 now, us
-- $2 limit
SELECT casefile
FROM v_step
WHERE prepared = 0 AND step_us <= $1
ORDER BY step_us
LIMIT $2;
