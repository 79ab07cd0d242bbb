-- probe_resolver_put: one more resolver of an operator
-- $1 operator
-- $2 place
-- $3 resolver
INSERT INTO probe_resolver (operator, place, resolver)
VALUES ($1, $2, $3);
