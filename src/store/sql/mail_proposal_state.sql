-- mail_proposal_state: a person decides on a proposal; what is null stays
-- $1 message
-- $2 number
-- $3 state
-- $4 category
-- $5 description
-- $6 who
UPDATE mail_proposal
SET state = $3, category = coalesce($4, category), description = coalesce($5, description),
    decided_by = $6
WHERE mail = $1 AND n = $2;
