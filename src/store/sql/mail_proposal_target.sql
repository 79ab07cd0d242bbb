-- mail_proposal_target: a person mends what was read
-- $1 message
-- $2 number
-- $3 kind
-- $4 given
-- $5 normal form
-- $6 its SHA-256
UPDATE mail_proposal
SET kind = $3, given = $4, normal = $5, nf = $6
WHERE mail = $1 AND n = $2;
