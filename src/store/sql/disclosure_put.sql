-- disclosure_put: a disclosure; present again is a no-op
-- $1 digest
-- $2 text
-- $3 now, us
-- $4 named: 1, an event of ours names it
INSERT INTO log_disclosure (digest, body, stored_us, named)
VALUES ($1, $2, $3, $4)
ON CONFLICT (digest) DO NOTHING;
