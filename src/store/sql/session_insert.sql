-- session_insert: a new session
-- $1 id
-- $2 person
-- $3 SHA-256 of its secret
-- $4 address
-- $5 now, us
-- $6 expires, us
INSERT INTO session (id, person, sha256, address, made_us, seen_us, expires_us)
VALUES ($1, $2, $3, $4, $5, $5, $6);
