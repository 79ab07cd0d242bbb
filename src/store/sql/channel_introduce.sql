-- channel_introduce: the introduction of the peer came
-- $1 channel
-- $2 introduction
UPDATE channel
SET introduction = $2
WHERE channel = $1;
