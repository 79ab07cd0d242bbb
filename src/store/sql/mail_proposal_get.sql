-- mail_proposal_get: one proposal
-- $1 message
-- $2 number
SELECT state
FROM mail_proposal
WHERE mail = $1 AND n = $2;
