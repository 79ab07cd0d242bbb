-- operator_key_revoke: a key, or (NULL) all of an operator, are good no longer
-- $1 operator
-- $2 key, NULL: all
-- $3 now, us
UPDATE operator_key
SET revoked_us = $3
WHERE operator = $1 AND revoked_us = 0 AND (CAST($2 AS TEXT) IS NULL OR name = $2);
