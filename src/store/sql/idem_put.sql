-- idem_put: a key is taken
-- $1 hash of the key
-- $2 digest of the request
-- $3 now, us
INSERT INTO idempotency (id, digest, answer, made_us)
VALUES ($1, $2, NULL, $3);
