-- channel_test_last: when a person of the other side last acknowledged a test
-- $1 channel
-- $2 party that sent them
SELECT max(acked_us) FROM v_channel_test WHERE channel = $1 AND party = $2;
