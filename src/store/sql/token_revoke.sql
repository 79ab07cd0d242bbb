-- token_revoke: a token opens nothing any longer
-- $1 id
-- $2 now, us
UPDATE token
SET revoked_us = $2
WHERE id = $1 AND revoked_us = 0;
