-- vault_totp_pending_all: second factors that are not confirmed yet, sealed or not
SELECT name, totp_pending
FROM person
WHERE totp_pending IS NOT NULL;
