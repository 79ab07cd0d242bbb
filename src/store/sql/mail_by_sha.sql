-- mail_by_sha: the message with these bytes
-- $1 SHA-256
SELECT id, state, casefile
FROM mail_message
WHERE sha256 = $1;
