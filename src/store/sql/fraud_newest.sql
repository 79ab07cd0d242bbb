-- fraud_newest: the newest proof of equivocation of a channel
-- $1 channel
SELECT proof
FROM fraud
WHERE channel = $1 AND proof <> ''
ORDER BY found_us DESC, size, root
LIMIT 1;
