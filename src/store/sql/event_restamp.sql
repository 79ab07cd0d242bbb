-- event_restamp: place an entry in the order of the fold
-- $1 channel
-- $2 party
-- $3 seq
-- $4 stored, us
UPDATE log_event
SET stored_us = $4
WHERE channel = $1 AND party = $2 AND seq = $3;
