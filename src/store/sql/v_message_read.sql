-- v_message_read: the other side has read a message; the first time counts
-- $1 channel
-- $2 party of the message
-- $3 seq of the message
-- $4 iat of the reading, us
UPDATE v_message
SET read_us = $4
WHERE channel = $1 AND party = $2 AND seq = $3 AND read_us = 0;
