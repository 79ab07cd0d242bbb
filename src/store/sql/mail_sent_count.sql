-- mail_sent_count: how much of a message is in a notice
-- $1 message
-- $2 reference
SELECT count(*)
FROM mail_proposal
WHERE mail = $1 AND reference = $2;
