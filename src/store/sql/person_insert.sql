-- person_insert: a person; RC_CONFLICT when the name is taken
-- $1 name
-- $2 pseudonym
-- $3 role
-- $4 argon2id string
-- $5 now, us
-- $6 added by
INSERT INTO person (name, pseudonym, role, password, active, added_us, added_by, password_us)
VALUES ($1, $2, $3, $4, 1, $5, $6, $5);
