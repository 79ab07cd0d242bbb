-- v_channel_test_ack: a person of the other side has seen the test at that leaf
-- $1 channel
-- $2 party that sent it
-- $3 test
-- $4 seq
-- $5 when
-- $6 by
-- $7 its seq
UPDATE v_channel_test SET acked_us = $5, acked_by = $6, acked_seq = $7
WHERE channel = $1 AND party = $2 AND test = $3 AND seq = $4 AND acked_us = 0;
