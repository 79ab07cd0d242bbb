-- token_owner: whose token has this id
-- $1 id
SELECT person
FROM token
WHERE id = $1 AND revoked_us = 0;
