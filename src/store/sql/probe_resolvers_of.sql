-- probe_resolvers_of: the resolvers of an operator that are asked
-- $1 operator
SELECT resolver
FROM probe_resolver
WHERE operator = $1
ORDER BY place;
