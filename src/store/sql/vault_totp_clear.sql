-- vault_totp_clear: second factors that are kept in clear (20 bytes; sealed ones have 60)
SELECT name, totp_secret
FROM person
WHERE length(totp_secret) = 20;
