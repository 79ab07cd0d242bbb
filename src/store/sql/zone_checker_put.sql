-- zone_checker_put: what became of looking at a checker
-- $1 path
-- $2 name, NULL: not known
-- $3 state
-- $4 version
-- $5 why it is not ready
-- $6 now, us
INSERT INTO zone_checker (path, name, state, version, why, at_us)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (path) DO UPDATE SET name = excluded.name, state = excluded.state,
	version = excluded.version, why = excluded.why, at_us = excluded.at_us;
