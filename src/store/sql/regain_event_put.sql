-- regain_event_put: an entry that came back
-- $1 channel
-- $2 seq
-- $3 JWS
INSERT INTO regain_event (channel, seq, jws)
VALUES ($1, $2, $3);
