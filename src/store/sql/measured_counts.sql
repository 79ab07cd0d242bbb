-- measured_counts: at how many resolvers all names of an order are blocked, and free, as measured,
-- without those that were retired since
-- $1 order
SELECT count(*), coalesce(sum(CASE WHEN r.blocked = r.n THEN 1 ELSE 0 END), 0),
       coalesce(sum(CASE WHEN r.free = r.n THEN 1 ELSE 0 END), 0), coalesce(max(r.at_us), 0)
FROM (SELECT count(*) AS n,
             sum(CASE WHEN means = 'blocked' THEN 1 ELSE 0 END) AS blocked,
             sum(CASE WHEN means = 'free' THEN 1 ELSE 0 END) AS free,
             max(at_us) AS at_us
      FROM v_measured m
      WHERE order_id = $1
        AND NOT EXISTS (SELECT 1 FROM v_retired t WHERE t.channel = m.channel AND t.at_us >= m.at_us
            AND ((t.operator = m.operator AND t.resolver = m.resolver) OR t.vantage = m.vantage))
      GROUP BY operator, resolver) r;
