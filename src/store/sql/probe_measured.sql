-- probe_measured: what the log says last of a row of the zone at a resolver, and what was seen last
-- $1 order
-- $2 owner
-- $3 operator
-- $4 resolver
-- $5 vantage
SELECT m.verdict, m.expected, m.means, m.at_us,
       (SELECT s.verdict FROM probe_seen s
        WHERE s.order_id = $1 AND s.owner = $2 AND s.operator = $3 AND s.resolver = $4
          AND s.vantage = $5),
       (SELECT count(*) FROM v_retired t
        WHERE t.channel = m.channel AND t.at_us >= m.at_us
          AND ((t.operator = m.operator AND t.resolver = m.resolver) OR t.vantage = m.vantage))
FROM v_measured m
WHERE m.order_id = $1 AND m.owner = $2 AND m.operator = $3 AND m.resolver = $4 AND m.vantage = $5;
