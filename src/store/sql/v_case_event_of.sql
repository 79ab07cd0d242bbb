-- v_case_event_of: what the fold of a case looks at
-- $1 case
SELECT party, seq, covers_seq, ack_size, iat_us, act, level, receipt_us, floor_us
FROM v_case_event
WHERE casefile = $1
ORDER BY party, seq, covers_seq;
