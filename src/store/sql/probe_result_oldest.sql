-- probe_result_oldest: is there a result from before that time?
-- $1 before
SELECT 1 FROM probe_result WHERE at_us < $1 LIMIT 1;
