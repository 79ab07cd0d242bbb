-- schema_version_list: what was applied: kind, number, name, sha256 (hex)
-- The log by number, then the views.
SELECT kind, number, name, sha256 FROM schema_version ORDER BY kind, number;
