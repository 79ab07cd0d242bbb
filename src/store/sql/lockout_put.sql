-- lockout_put: a try more or less
-- $1 key
-- $2 failures
-- $3 now, us
-- $4 until, us
INSERT INTO lockout (key, failures, last_us, until_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET failures = $2, last_us = $3, until_us = $4;
