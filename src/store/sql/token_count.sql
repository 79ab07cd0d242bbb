-- token_count: how many of a person's tokens are good
-- $1 person
-- $2 now, us
SELECT count(*)
FROM token
WHERE person = $1 AND revoked_us = 0 AND (expires_us = 0 OR expires_us > $2);
