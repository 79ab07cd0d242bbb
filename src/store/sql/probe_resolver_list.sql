-- probe_resolver_list: the resolvers that are asked, by operator; none of one that was removed
SELECT r.operator, r.resolver
FROM probe_resolver r
JOIN operator o ON o.name = r.operator
ORDER BY r.operator, r.place;
