-- person_by_token: an active person
-- $1 SHA-256 of the token
SELECT name, pseudonym, role, password
FROM person
WHERE token_sha256 = $1 AND active = 1;
