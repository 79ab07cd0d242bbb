-- epoch_told: the peer has our statement
-- $1 channel
-- $2 party, our own
-- $3 the statement
-- $4 when, us
UPDATE epoch
SET told_us = $4
WHERE channel = $1 AND party = $2 AND wire = $3;
