-- mail_proposals_drop: and what it proposed
-- $1 message
DELETE FROM mail_proposal
WHERE mail = $1;
