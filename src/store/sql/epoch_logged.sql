-- epoch_logged: an epoch is in our log
-- $1 channel
-- $2 epoch
-- $3 party, our own
-- $4 seq of the event
UPDATE epoch
SET seq = $4
WHERE channel = $1 AND epoch = $2 AND party = $3;
