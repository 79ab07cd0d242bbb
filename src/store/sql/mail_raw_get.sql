-- mail_raw_get: the bytes of a message
-- $1 id
SELECT r.raw
FROM mail_message AS m
JOIN mail_raw AS r ON r.sha256 = m.sha256
WHERE m.id = $1;
