-- disclosure_take: a disclosure that came and the event that names it; no row: another one names it
-- $1 digest
-- $2 text
-- $3 now, us
INSERT INTO log_disclosure (digest, body, stored_us, named)
VALUES ($1, $2, $3, 1)
ON CONFLICT (digest) DO UPDATE SET named = 1 WHERE log_disclosure.named = 0;
