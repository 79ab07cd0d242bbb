-- fraud_untold: the next proof that the peer does not have yet
-- $1 channel
SELECT party, size, root, proof
FROM fraud
WHERE channel = $1 AND told_us = 0 AND proof <> ''
ORDER BY found_us, size
LIMIT 1;
