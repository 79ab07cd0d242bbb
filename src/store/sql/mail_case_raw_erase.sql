-- mail_case_raw_erase: the bytes of the messages of a case go
-- $1 case
DELETE FROM mail_raw
WHERE sha256 IN (SELECT sha256 FROM mail_message WHERE casefile = $1);
