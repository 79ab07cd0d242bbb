-- v_adopted_heard: the latest time of a receipt that a log adopts below a size
-- $1 channel
-- $2 party
-- $3 size
SELECT heard_us
FROM v_adopted
WHERE channel = $1 AND party = $2 AND seq < $3
ORDER BY seq DESC
LIMIT 1;
