-- mail_case_proposals_erase: and what they proposed, and what others proposed for it
-- $1 case
DELETE FROM mail_proposal
WHERE casefile = $1 OR mail IN (SELECT id FROM mail_message WHERE casefile = $1);
