-- epoch_untold: our statement that the peer does not have yet
-- $1 channel
-- $2 party, our own
SELECT wire
FROM epoch
WHERE channel = $1 AND party = $2 AND told_us = 0
ORDER BY epoch DESC
LIMIT 1;
