-- probe_result_put: keep a result that an event names
-- $1 digest
-- $2 result
-- $3 at
INSERT INTO probe_result (digest, result, at_us)
VALUES ($1, $2, $3)
ON CONFLICT (digest) DO NOTHING;
