-- mail_by_own: the first message with this Message-ID
-- $1 Message-ID
SELECT id, thread
FROM mail_message
WHERE message_id = $1
ORDER BY id
LIMIT 1;
