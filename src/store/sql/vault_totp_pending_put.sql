-- vault_totp_pending_put: as vault_totp_put, one that is not confirmed yet
-- $1 name
-- $2 sealed secret
UPDATE person
SET totp_pending = $2
WHERE name = $1;
