-- vault_totp_pending_clear: as vault_totp_clear, those that are not confirmed yet
SELECT name, totp_pending
FROM person
WHERE length(totp_pending) = 20;
