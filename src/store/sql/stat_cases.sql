-- stat_cases: cases by when they were sent
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT casefile FROM v_case
WHERE channel = $1 AND sent_us >= $2 AND sent_us < $3 AND manifest = 1 AND test = 0
ORDER BY casefile;
