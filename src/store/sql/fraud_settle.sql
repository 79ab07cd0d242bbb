-- fraud_settle: the next epoch begins: what froze the channel freezes it no longer
-- $1 channel
UPDATE fraud
SET settled = 1
WHERE channel = $1;
