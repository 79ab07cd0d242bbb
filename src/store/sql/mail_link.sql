-- mail_link: a message belongs to a case
-- $1 message
-- $2 case
-- $3 state
UPDATE mail_message
SET casefile = $2, state = $3
WHERE id = $1;
