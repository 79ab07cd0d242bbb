-- probe_audience: the resolvers that are asked, with the zone that their operator takes, and
-- which parts of it the operator was seen to fetch
SELECT r.operator, r.resolver, o.zone, o.layout,
       (SELECT count(*) FROM operator_pulled p
        WHERE p.operator = o.name AND p.origin = 'hot.' || z.origin),
       (SELECT count(*) FROM operator_pulled p
        WHERE p.operator = o.name AND p.origin = z.origin)
FROM probe_resolver r
JOIN operator o ON o.name = r.operator
JOIN zone z ON z.name = o.zone
ORDER BY r.operator, r.place;
