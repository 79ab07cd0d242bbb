-- probe_resolver_of: the resolvers of one operator
-- $1 operator
SELECT resolver
FROM probe_resolver
WHERE operator = $1
ORDER BY place;
