-- mail_proposals_sent: they are in a notice
-- $1 message
-- $2 reference
-- $3 case
UPDATE mail_proposal
SET state = 'sent', reference = $2, casefile = $3
WHERE mail = $1 AND state = 'proposed';
