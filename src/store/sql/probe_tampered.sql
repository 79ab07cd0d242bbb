-- probe_tampered: resolvers whose answers were last seen to be changed on the way, since a time
-- $1 vantage
-- $2 since
SELECT count(DISTINCT operator || ' ' || resolver), min(operator || ' at ' || resolver)
FROM probe_seen
WHERE verdict = 'tampered' AND at_us >= $2 AND vantage = $1;
