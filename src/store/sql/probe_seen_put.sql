-- probe_seen_put: the last result of a row of the zone at a resolver
-- $1 order
-- $2 owner
-- $3 operator
-- $4 resolver
-- $5 vantage
-- $6 at
-- $7 verdict
-- $8 canary
INSERT INTO probe_seen (order_id, owner, operator, resolver, vantage, at_us, verdict, canary)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (order_id, owner, operator, resolver, vantage) DO UPDATE SET
	at_us = excluded.at_us,
	verdict = excluded.verdict,
	canary = excluded.canary
WHERE probe_seen.at_us < excluded.at_us;
