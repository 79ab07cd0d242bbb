-- welcome_put: a one-time link
-- $1 SHA-256 of its secret
-- $2 person
-- $3 made by
-- $4 now, us
-- $5 expires, us
INSERT INTO welcome (sha256, person, made_by, made_us, expires_us)
VALUES ($1, $2, $3, $4, $5);
