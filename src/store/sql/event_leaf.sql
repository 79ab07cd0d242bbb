-- event_leaf: the hash of one leaf
-- $1 channel
-- $2 party
-- $3 seq
SELECT leaf
FROM log_event
WHERE channel = $1 AND party = $2 AND seq = $3;
