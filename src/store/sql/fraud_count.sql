-- fraud_count: proofs of one log that are kept
-- $1 channel
-- $2 party
SELECT count(*)
FROM fraud
WHERE channel = $1 AND party = $2;
