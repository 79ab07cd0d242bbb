-- probe_retired_channels: whose orders were measured at a resolver, or from a vantage, since it was
-- last retired
-- $1 operator; NULL: of a vantage
-- $2 resolver
-- $3 vantage
SELECT m.channel
FROM v_measured m
WHERE m.operator = $1 AND m.resolver = $2
  AND NOT EXISTS (SELECT 1 FROM v_retired t WHERE t.channel = m.channel AND t.at_us >= m.at_us
    AND ((t.operator = m.operator AND t.resolver = m.resolver) OR t.vantage = m.vantage))
UNION
SELECT m.channel
FROM v_measured m
WHERE m.vantage = $3
  AND NOT EXISTS (SELECT 1 FROM v_retired t WHERE t.channel = m.channel AND t.at_us >= m.at_us
    AND ((t.operator = m.operator AND t.resolver = m.resolver) OR t.vantage = m.vantage))
ORDER BY 1;
