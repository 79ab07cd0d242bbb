-- step_due: steps that may be taken and are not prepared, the oldest first
-- $1 now, us
-- $2 limit
SELECT v.casefile
FROM v_step v
WHERE v.step_us <= $1
  AND NOT EXISTS (SELECT 1 FROM prepared p
                  WHERE p.casefile = v.casefile AND p.step = v.step AND p.step_us = v.step_us)
ORDER BY v.step_us
LIMIT $2;
