-- schema_version_put: remember a migration that was applied, or the views as they are now
-- $1 kind ("log" or "view")  $2 number (0 for the views)  $3 name  $4 sha256 (hex)
-- $5 now, us since 1970 UTC
INSERT INTO schema_version (kind, number, name, sha256, applied_us)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, number)
DO UPDATE SET name = excluded.name, sha256 = excluded.sha256,
	applied_us = excluded.applied_us;
