-- zone_check_put: what a checker says of a zone
-- $1 zone
-- $2 path
-- $3 scope
-- $4 serial
-- $5 rows
-- $6 verdict
-- $7 its words
-- $8 rows that it refused, JSON
-- $9 its version
-- $10 now, us
-- $11 took, us
INSERT INTO zone_check (zone, path, scope, serial, n_rows, verdict, words, refused, version,
	at_us, took_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (zone, path, scope) DO UPDATE SET serial = excluded.serial,
	n_rows = excluded.n_rows, verdict = excluded.verdict, words = excluded.words,
	refused = excluded.refused, version = excluded.version, at_us = excluded.at_us,
	took_us = excluded.took_us;
