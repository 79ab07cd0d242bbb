-- mail_thread_case: the case that a thread belongs to
-- $1 thread
SELECT casefile
FROM mail_message
WHERE thread = $1 AND casefile IS NOT NULL
ORDER BY id
LIMIT 1;
