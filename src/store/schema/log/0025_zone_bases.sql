-- The base before the newest one: the hot zone reaches back to it at least, and further while an
-- operator is known to hold an older one.
ALTER TABLE zone ADD COLUMN last_serial BIGINT NOT NULL DEFAULT 0;
UPDATE zone SET last_serial = kept_serial;

-- What each host of an operator holds: `operator_pulled` has what was seen last of any of them.
CREATE TABLE operator_host (
	operator TEXT NOT NULL,
	origin TEXT NOT NULL,
	address TEXT NOT NULL, -- '': from before hosts were told apart
	serial BIGINT NOT NULL,
	at_us BIGINT NOT NULL, -- when it was heard of
	PRIMARY KEY (operator, origin, address)
);
INSERT INTO operator_host (operator, origin, address, serial, at_us)
SELECT operator, origin, '', serial, at_us
FROM operator_pulled;

-- What became of the last NOTIFY to an operator, by zone.
CREATE TABLE operator_notify (
	operator TEXT NOT NULL,
	origin TEXT NOT NULL,
	address TEXT NOT NULL,
	port BIGINT NOT NULL,
	serial BIGINT NOT NULL,
	result TEXT NOT NULL, -- acknowledged, refused, notauth, ...
	attempts BIGINT NOT NULL,
	over BIGINT NOT NULL, -- 0: it is sent again
	at_us BIGINT NOT NULL,
	PRIMARY KEY (operator, origin, address, port)
);
