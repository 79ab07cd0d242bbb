-- mail_raw_drop: the bytes of a message go
-- $1 id
DELETE FROM mail_raw
WHERE sha256 IN (SELECT sha256 FROM mail_message WHERE id = $1);
