-- person_by_name: an active person
-- $1 name
SELECT name, pseudonym, role, password, totp_secret, totp_pending, totp_step
FROM person
WHERE name = $1 AND active = 1;
