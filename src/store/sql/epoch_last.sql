-- epoch_last: the newest epoch that a party of a channel has signed, 0 for none
-- $1 channel
-- $2 party
SELECT coalesce(max(epoch), 0)
FROM epoch
WHERE channel = $1 AND party = $2;
