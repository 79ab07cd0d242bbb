-- access_insert: one record
-- $1 number
-- $2 at, us
-- $3 pseudonym
-- $4 token or session
-- $5 address
-- $6 method
-- $7 route
-- $8 object
-- $9 outcome
-- $10 digest
INSERT INTO access (seq, at_us, who, via, address, method, route, object, outcome, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
