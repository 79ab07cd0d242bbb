-- person_insert: a person; RC_CONFLICT when the name is taken
-- $1 name
-- $2 pseudonym
-- $3 role
-- $4 SHA-256 of the token
-- $5 argon2id string
-- $6 now, us
-- $7 added by
INSERT INTO person (name, pseudonym, role, token_sha256, password, active, added_us, added_by)
VALUES ($1, $2, $3, $4, $5, 1, $6, $7);
