-- v_case_event_insert: an event that the fold of a case looks at; RC_CONFLICT: it did
-- $1 case
-- $2 party
-- $3 seq
-- $4 covered seq
-- $5 ack size
-- $6 iat, us
-- $7 act
-- $8 level
-- $9 receipt, us
-- $10 what its log had before it, us
INSERT INTO v_case_event (casefile, party, seq, covers_seq, ack_size, iat_us, act, level,
	receipt_us, floor_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
