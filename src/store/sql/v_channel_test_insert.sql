-- v_channel_test_insert: a test of the channel, not yet acknowledged; none for an id that is there
-- $1 channel
-- $2 party
-- $3 test
-- $4 seq
-- $5 author
-- $6 sent
-- $7 due
INSERT INTO v_channel_test (channel, party, test, seq, author, sent_us, due_us, acked_us, acked_by,
	acked_seq)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, NULL, 0)
ON CONFLICT (channel, party, test) DO NOTHING;
