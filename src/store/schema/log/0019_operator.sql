-- Operators: which zone they have and how, keys that are rotated, what they were given.

ALTER TABLE operator ADD COLUMN resolver TEXT; -- kind, NULL: not said
ALTER TABLE operator ADD COLUMN zone TEXT NOT NULL DEFAULT 'main';
ALTER TABLE operator ADD COLUMN layout TEXT NOT NULL DEFAULT 'all'; -- whole, pair, all

-- Beside the one in `operator`.
CREATE TABLE operator_address (
	operator TEXT NOT NULL,
	address TEXT NOT NULL,
	PRIMARY KEY (operator, address)
);

CREATE TABLE operator_key (
	name TEXT PRIMARY KEY,
	operator TEXT NOT NULL,
	secret TEXT NOT NULL, -- sealed
	made_us BIGINT NOT NULL,
	ends_us BIGINT NOT NULL, -- 0: no end is set
	revoked_us BIGINT NOT NULL
);
CREATE INDEX operator_key_of ON operator_key (operator, made_us);

INSERT INTO operator_key (name, operator, secret, made_us, ends_us, revoked_us)
SELECT tsig_name, name, tsig_secret, added_us, 0, 0
FROM operator
WHERE tsig_name IS NOT NULL AND tsig_secret IS NOT NULL;
UPDATE operator SET tsig_name = NULL, tsig_secret = NULL;

CREATE TABLE operator_pulled (
	operator TEXT NOT NULL,
	origin TEXT NOT NULL,
	serial BIGINT NOT NULL,
	how TEXT NOT NULL, -- axfr, ixfr, query, held
	at_us BIGINT NOT NULL,
	PRIMARY KEY (operator, origin)
);

CREATE INDEX zone_row_of ON zone_row (order_id);
