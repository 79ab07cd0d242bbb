-- channel_test_newest: the newest test that a side sent, and who acknowledged it
-- $1 channel
-- $2 party
SELECT test, sent_us, due_us, acked_us, acked_by
FROM v_channel_test
WHERE channel = $1 AND party = $2
ORDER BY seq DESC
LIMIT 1;
