-- fraud_proofs: proofs that freeze a channel, the newest first
-- $1 channel
-- $2 most
SELECT proof
FROM fraud
WHERE channel = $1 AND settled = 0 AND proof <> ''
ORDER BY found_us DESC, size
LIMIT $2;
