-- regain_aside_put: an event that is no part of the log
-- $1 channel
-- $2 seq that it had
-- $3 leaf
-- $4 type
-- $5 by
-- $6 case
-- $7 JWS
-- $8 iat, us
-- $9 now, us
INSERT INTO regain_aside (channel, seq, leaf, type, by_whom, casefile, jws, iat_us, aside_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (channel, seq, leaf) DO NOTHING;
