-- recovery_put: one recovery code
-- $1 person
-- $2 SHA-256
INSERT INTO recovery_code (person, sha256)
VALUES ($1, $2);
