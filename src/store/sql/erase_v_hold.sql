-- erase_v_hold: why a hold was placed
-- $1 case
-- $2 seq
-- $3 party
UPDATE v_hold
SET reason = NULL
WHERE casefile = $1 AND seq = $2 AND party = $3;
