-- vault_totp_put: a second factor, sealed now
-- $1 name
-- $2 sealed secret
UPDATE person
SET totp_secret = $2
WHERE name = $1;
