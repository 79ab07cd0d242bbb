-- v_channel_test_last: when the other side last acknowledged a test, as far as was seen
-- $1 channel
-- $2 party that sent them
-- $3 of the other's log: below this seq
SELECT max(acked_us)
FROM v_channel_test
WHERE channel = $1 AND party = $2 AND acked_us > 0 AND acked_seq < $3;
