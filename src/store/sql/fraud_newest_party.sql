-- fraud_newest_party: whose key the proof of fraud_newest is about
-- $1 channel
SELECT CASE WHEN party = 0 THEN 'authority' ELSE 'platform' END
FROM fraud
WHERE channel = $1 AND proof <> ''
ORDER BY found_us DESC, size, root
LIMIT 1;
