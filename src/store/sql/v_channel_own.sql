-- v_channel_own: which party of a channel this node is
-- $1 channel
SELECT own_party
FROM channel
WHERE channel = $1;
