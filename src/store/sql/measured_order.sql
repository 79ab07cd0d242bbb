-- measured_order: what resolvers were measured to answer for an order's names
-- $1 order
SELECT owner, operator, resolver, vantage, transport, expected, serial, canary, verdict, means,
       since_us, at_us, first_blocked_us, first_free_us, digest
FROM v_measured
WHERE order_id = $1
ORDER BY operator, resolver, vantage, owner;
