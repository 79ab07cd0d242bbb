-- epoch_of: what was said of an epoch of a channel, the authority's first
-- $1 channel
-- $2 epoch
SELECT party, wire, said_us, told_us, seq
FROM epoch
WHERE channel = $1 AND epoch = $2
ORDER BY party;
