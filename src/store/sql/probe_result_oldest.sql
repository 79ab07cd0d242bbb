-- probe_result_oldest: is there a result, or a row that was last seen, from before that time?
-- $1 before
SELECT 1 WHERE EXISTS (SELECT 1 FROM probe_result WHERE at_us < $1)
  OR EXISTS (SELECT 1 FROM probe_seen WHERE at_us < $1);
