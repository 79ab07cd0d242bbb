-- fraud_of: proofs of equivocation of a channel, the newest first
-- $1 channel
-- $2 party
-- $3 most
SELECT proof
FROM fraud
WHERE channel = $1 AND party = $2 AND proof <> ''
ORDER BY found_us DESC, size, root
LIMIT $3;
