-- mail_by_ref: messages that answer to this one
-- $1 Message-ID
SELECT DISTINCT m.thread
FROM mail_ref AS r
JOIN mail_message AS m ON m.id = r.mail
WHERE r.ref = $1
ORDER BY m.thread;
