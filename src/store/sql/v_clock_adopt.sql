-- v_clock_adopt: their receipt was adopted
-- $1 channel
-- $2 party
-- $3 size
DELETE FROM v_clock
WHERE channel = $1 AND party = $2 AND seq < $3;
