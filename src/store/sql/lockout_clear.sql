-- lockout_clear: forgotten
-- $1 key
DELETE FROM lockout
WHERE key = $1;
