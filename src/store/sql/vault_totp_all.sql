-- vault_totp_all: second factors, sealed or not
SELECT name, totp_secret
FROM person
WHERE totp_secret IS NOT NULL;
