-- v_hold_release: a hold no longer stands
-- $1 case
-- $2 party that placed it
-- $3 hold
-- $4 seq of the release
-- $5 author
-- $6 reason
-- $7 iat, us
UPDATE v_hold
SET released_seq = $4, released_by = $5, released_reason = $6, released_us = $7
WHERE casefile = $1 AND party = $2 AND hold = $3 AND released_seq < 0;
