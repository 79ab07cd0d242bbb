-- operator_key_end: the keys of an operator made before a time are good until another
-- $1 operator
-- $2 made before, us
-- $3 until, us
UPDATE operator_key
SET ends_us = $3
WHERE operator = $1 AND made_us < $2 AND revoked_us = 0 AND (ends_us = 0 OR ends_us > $3);
