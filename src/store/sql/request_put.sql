-- request_put: what was asked for and answered
-- $1 key
-- $2 digest, hex
-- $3 answer
-- $4 now, us
INSERT INTO request (key, digest, answer, made_us)
VALUES ($1, $2, $3, $4);
