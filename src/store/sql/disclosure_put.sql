-- disclosure_put: a disclosure; present again is a no-op
-- $1 digest
-- $2 text
-- $3 now, us
INSERT INTO log_disclosure (digest, body, stored_us)
VALUES ($1, $2, $3)
ON CONFLICT (digest) DO NOTHING;
