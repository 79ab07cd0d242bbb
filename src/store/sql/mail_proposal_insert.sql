-- mail_proposal_insert: what a message proposes
-- $1 message
-- $2 number
-- $3 state
-- $4 kind
-- $5 given
-- $6 normal form
-- $7 its SHA-256
-- $8 category
-- $9 description
-- $10 found, us
-- $11 place, JSON
INSERT INTO mail_proposal (mail, n, state, kind, given, normal, nf, category, description,
                           found_us, place)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);
