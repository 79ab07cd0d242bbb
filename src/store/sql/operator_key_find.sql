-- operator_key_find: whose a key is, or was
-- $1 name
SELECT operator, ends_us, revoked_us
FROM operator_key
WHERE name = $1;
