-- head_drop: the logs of a channel that was only proposed, which have nothing
-- $1 channel
DELETE FROM log_head
WHERE channel = $1 AND size = 0;
