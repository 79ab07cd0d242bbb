-- mail_case_list: the messages that belong to a case
-- $1 case
SELECT id, state, format, message_id, sender, subject, sent_us, bytes, sha256
FROM mail_message
WHERE casefile = $1
ORDER BY id
LIMIT 200;
