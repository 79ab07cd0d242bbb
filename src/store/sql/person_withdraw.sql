-- person_withdraw: a person may no longer act
-- $1 name
UPDATE person
SET active = 0, token_sha256 = NULL, password = NULL, totp_secret = NULL, totp_pending = NULL
WHERE name = $1 AND active <> 0;
