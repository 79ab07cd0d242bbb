-- fraud_count: proofs of one party that are kept and freeze the channel, or freeze nothing
-- $1 channel
-- $2 party
-- $3 which: 1 if they freeze nothing, or 0
SELECT count(*)
FROM fraud
WHERE channel = $1 AND party = $2 AND settled = $3 AND proof <> '';
