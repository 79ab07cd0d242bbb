-- channel_drop: a channel that was only proposed is proposed no more
-- $1 channel
DELETE FROM channel
WHERE channel = $1 AND introduction = '';
