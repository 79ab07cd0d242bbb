-- mail_reply_join: messages that answer to this one, and came before it, are its replies
-- $1 Message-ID
UPDATE mail_message
SET state = 'joined'
WHERE state = 'new' AND id IN (SELECT mail FROM mail_ref WHERE ref = $1);
