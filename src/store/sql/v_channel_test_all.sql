-- v_channel_test_all: for the digest
SELECT channel, party, test, seq, author, sent_us, due_us, acked_us, acked_by, acked_seq
FROM v_channel_test
ORDER BY channel, party, test;
