-- step_next: when the next step may be taken
-- $1 now, us
SELECT min(step_us)
FROM v_step
WHERE prepared = 0 AND step_us > $1;
