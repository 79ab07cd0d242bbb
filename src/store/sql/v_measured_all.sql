-- v_measured_all: every row of v_measured in a fixed order, for comparing rebuilds
SELECT order_id, owner, operator, resolver, vantage, channel, seq, transport, expected, serial,
       canary, verdict, means, since_us, at_us, first_blocked_us, first_free_us, digest
FROM v_measured
ORDER BY order_id, owner, operator, resolver, vantage;
