-- token_insert: an API token
-- $1 id
-- $2 person
-- $3 label
-- $4 SHA-256 of its secret
-- $5 scopes
-- $6 now, us
-- $7 expires, us, 0: never
INSERT INTO token (id, person, label, sha256, scopes, added_us, expires_us, used_us, revoked_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0);
