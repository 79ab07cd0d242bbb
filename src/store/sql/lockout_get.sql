-- lockout_get: what was tried
-- $1 key
SELECT failures, last_us, until_us
FROM lockout
WHERE key = $1;
