-- v_clock_covered: cases with clock events below a size, and the latest of each
-- $1 channel
-- $2 party
-- $3 size
SELECT max(seq), casefile
FROM v_clock
WHERE channel = $1 AND party = $2 AND seq < $3
GROUP BY casefile
ORDER BY casefile;
