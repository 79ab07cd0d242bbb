-- probe_resolver_list: the resolvers that are asked, by operator
SELECT operator, resolver
FROM probe_resolver
ORDER BY operator, place;
