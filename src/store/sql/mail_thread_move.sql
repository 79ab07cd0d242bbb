-- mail_thread_move: two threads are one
-- $1 the thread that goes
-- $2 the thread that stays
UPDATE mail_message
SET thread = $2
WHERE thread = $1;
