-- v_clock_waiting: the first clock event below a size whose receipt is not adopted; no row: none
-- $1 channel
-- $2 party
-- $3 size
SELECT seq
FROM v_clock
WHERE channel = $1 AND party = $2 AND seq < $3
ORDER BY seq
LIMIT 1;
