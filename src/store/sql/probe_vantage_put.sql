-- probe_vantage_put: results came from there
-- $1 vantage
-- $2 author
-- $3 round
-- $4 heard
-- $5 results
-- $6 controls, NULL: nothing is said of them
INSERT INTO probe_vantage (vantage, author, round_us, heard_us, results, controls)
VALUES ($1, $2, $3, $4, $5, coalesce($6, '[]'))
ON CONFLICT (vantage) DO UPDATE SET
	author = excluded.author,
	round_us = CASE WHEN probe_vantage.round_us > excluded.round_us THEN probe_vantage.round_us
	                ELSE excluded.round_us END,
	heard_us = excluded.heard_us,
	results = probe_vantage.results + excluded.results,
	controls = CASE WHEN $6 IS NULL THEN probe_vantage.controls ELSE excluded.controls END;
