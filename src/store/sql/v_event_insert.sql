-- v_event_insert: an event as its header says; a void one with why
-- $1 channel
-- $2 party
-- $3 seq
-- $4 id
-- $5 type
-- $6 case
-- $7 iat, us
-- $8 author
-- $9 why it is void
-- $10 the latest time that its log shows up to here, us
-- $11 how much it is dated before what stands before it, us
-- $12 how much of the other log its log acknowledges up to here
INSERT INTO v_event (channel, party, seq, id, type, casefile, iat_us, author, void, top_us,
	behind_us, acked, ahead_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0);
