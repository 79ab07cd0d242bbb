-- operator_key_list: the keys of an operator that are good at a time, the newest first
-- $1 operator
-- $2 now, us
SELECT name, secret, made_us, ends_us
FROM operator_key
WHERE operator = $1 AND revoked_us = 0 AND (ends_us = 0 OR ends_us > $2)
ORDER BY made_us DESC, name;
