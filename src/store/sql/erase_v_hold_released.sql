-- erase_v_hold_released: why a hold was released
-- $1 case
-- $2 seq of the release
-- $3 party
UPDATE v_hold
SET released_reason = NULL
WHERE casefile = $1 AND released_seq = $2 AND party = $3;
