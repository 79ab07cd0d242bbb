-- v_case_event_all: every row of v_case_event in a fixed order, for comparing rebuilds
SELECT casefile, party, seq, covers_seq, ack_size, iat_us, act, level, receipt_us, floor_us
FROM v_case_event
ORDER BY casefile, party, seq, covers_seq;
