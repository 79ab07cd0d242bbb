-- mail_thread_list: the other messages of a thread
-- $1 thread
-- $2 but this one
SELECT id, state, sender, subject, sent_us, casefile
FROM mail_message
WHERE thread = $1 AND id <> $2
ORDER BY id
LIMIT 100;
