-- measured_order: what resolvers were measured to answer for an order's names; and of those that
-- were retired since, by whom, when and why
-- $1 order
SELECT m.owner, m.operator, m.resolver, m.vantage, m.transport, m.expected, m.serial, m.canary,
       m.verdict, m.means, m.since_us, m.at_us, m.first_blocked_us, m.first_free_us, m.digest,
       coalesce(s.at_us, m.at_us), coalesce(s.verdict, m.verdict),
       r.author, r.at_us, r.reason
FROM v_measured m
LEFT JOIN probe_seen s ON s.order_id = m.order_id AND s.owner = m.owner
  AND s.operator = m.operator AND s.resolver = m.resolver AND s.vantage = m.vantage
LEFT JOIN v_retired r ON r.channel = m.channel AND r.seq = (
  SELECT max(t.seq) FROM v_retired t
  WHERE t.channel = m.channel AND t.at_us >= m.at_us
    AND ((t.operator = m.operator AND t.resolver = m.resolver) OR t.vantage = m.vantage))
WHERE m.order_id = $1
ORDER BY m.operator, m.resolver, m.vantage, m.owner;
