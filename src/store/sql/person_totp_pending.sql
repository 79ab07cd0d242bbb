-- person_totp_pending: a secret that waits for its first code
-- $1 name
-- $2 secret
UPDATE person
SET totp_pending = $2
WHERE name = $1 AND active = 1;
