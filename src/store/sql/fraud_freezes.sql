-- fraud_freezes: the proof that freezes a channel, the oldest
-- $1 channel
SELECT party, kind
FROM fraud
WHERE channel = $1 AND settled = 0 AND proof <> ''
ORDER BY found_us, size
LIMIT 1;
