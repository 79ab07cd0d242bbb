-- token_list: a person's tokens
-- $1 person
SELECT id, label, scopes, added_us, expires_us, used_us, revoked_us
FROM token
WHERE person = $1
ORDER BY added_us, id;
