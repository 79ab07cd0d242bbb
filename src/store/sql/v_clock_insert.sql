-- v_clock_insert: an event whose receipt starts a clock
-- $1 channel
-- $2 party
-- $3 seq
-- $4 case
INSERT INTO v_clock (channel, party, seq, casefile)
VALUES ($1, $2, $3, $4);
