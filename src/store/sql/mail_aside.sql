-- mail_aside: what a message proposes, and nobody decided on, is set aside
-- $1 message
UPDATE mail_proposal
SET state = 'aside'
WHERE mail = $1 AND state = 'proposed' AND decided_by IS NULL;
