-- channel_test_next_due: the first time after this at which a test is missed
-- $1 now
SELECT min(due_us) FROM v_channel_test WHERE acked_us = 0 AND due_us > $1;
