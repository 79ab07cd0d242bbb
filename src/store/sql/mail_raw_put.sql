-- mail_raw_put: the bytes of a message
-- $1 SHA-256
-- $2 raw
INSERT INTO mail_raw (sha256, raw)
VALUES ($1, $2);
