-- v_dispute_insert: a dispute is opened; no row changes where that one is there
-- $1 case
-- $2 party
-- $3 dispute
-- $4 channel
-- $5 seq
-- $6 about
-- $7 items, JSON
-- $8 author
-- $9 text
-- $10 iat, us
INSERT INTO v_dispute (casefile, party, dispute, channel, seq, about, items, state, author,
	body, iat_us, answer_iat_us, ruled_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, 0, 0)
ON CONFLICT (casefile, party, dispute) DO NOTHING;
