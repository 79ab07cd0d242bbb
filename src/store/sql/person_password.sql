-- person_password: another password
-- $1 name
-- $2 argon2id string
-- $3 now, us
UPDATE person
SET password = $2, password_us = $3
WHERE name = $1 AND active = 1;
