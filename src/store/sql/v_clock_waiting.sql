-- v_clock_waiting: how many clock events a receipt of that size covers
-- $1 channel
-- $2 party
-- $3 size
SELECT count(*)
FROM v_clock
WHERE channel = $1 AND party = $2 AND seq < $3;
