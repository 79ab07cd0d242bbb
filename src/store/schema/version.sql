-- What was applied to this database, and when.  Made before anything else.
CREATE TABLE schema_version (
	kind TEXT NOT NULL CHECK (kind IN ('log', 'view')),
	number BIGINT NOT NULL,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	applied_us BIGINT NOT NULL,
	PRIMARY KEY (kind, number)
);
