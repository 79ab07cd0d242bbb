-- erase_v_erase: why something was erased
-- $1 case
-- $2 seq
-- $3 party
UPDATE v_erase
SET reason = NULL
WHERE casefile = $1 AND seq = $2 AND party = $3;
