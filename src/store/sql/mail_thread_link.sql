-- mail_thread_link: the replies of a thread belong to its case
-- (|| '': found by the thread)
-- $1 thread
-- $2 case
UPDATE mail_message
SET casefile = $2
WHERE thread = $1 AND casefile IS NULL AND state || '' = 'joined';
