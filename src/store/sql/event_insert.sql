-- event_insert: one leaf; RC_CONFLICT when that place is taken
-- $1 channel
-- $2 party
-- $3 seq
-- $4 leaf hash
-- $5 JWS
-- $6 now, us
INSERT INTO log_event (channel, party, seq, leaf, jws, stored_us)
VALUES ($1, $2, $3, $4, $5, $6);
