-- token_revoke_all: none of a person's tokens opens anything
-- $1 person
-- $2 now, us
UPDATE token
SET revoked_us = $2
WHERE person = $1 AND revoked_us = 0;
