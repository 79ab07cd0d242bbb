-- v_hold_insert: a legal hold
-- $1 case
-- $2 party that places it
-- $3 hold
-- $4 seq
-- $5 author
-- $6 reason
-- $7 iat, us
INSERT INTO v_hold (casefile, party, hold, seq, author, reason, placed_us, released_seq,
	released_by, released_reason, released_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, -1, NULL, NULL, 0)
ON CONFLICT (casefile, party, hold) DO NOTHING;
