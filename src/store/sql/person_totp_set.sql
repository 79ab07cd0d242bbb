-- person_totp_set: the secret in force, or none
-- $1 name
-- $2 secret
-- $3 step of the code that confirmed it
UPDATE person
SET totp_secret = $2, totp_pending = NULL, totp_step = $3
WHERE name = $1 AND active = 1;
