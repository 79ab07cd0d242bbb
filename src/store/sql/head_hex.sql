-- head_hex: the hash of its origin by which a log is asked for
-- $1 channel
-- $2 party
SELECT origin_sha256
FROM log_head
WHERE channel = $1 AND party = $2;
