-- probe_resolver_count: resolvers that are asked
SELECT count(*)
FROM probe_resolver r
JOIN operator o ON o.name = r.operator;
