-- fraud_told: the peer has a proof, or will not have it
-- $1 channel
-- $2 party
-- $3 size
-- $4 what tells it from others of that size
-- $5 when, us, below 0 if it refused it
UPDATE fraud
SET told_us = $5
WHERE channel = $1 AND party = $2 AND size = $3 AND root = $4;
