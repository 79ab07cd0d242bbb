-- What resolvers are asked, and when that was last done: private to this node.

-- The resolvers of an operator, as they are asked (core/probe_target.h).
CREATE TABLE probe_resolver (
	operator TEXT NOT NULL,
	place BIGINT NOT NULL,
	resolver TEXT NOT NULL,
	PRIMARY KEY (operator, place)
);

-- The last result of each row of the zone at each resolver, whether it became an event or not.
CREATE TABLE probe_seen (
	order_id TEXT NOT NULL,
	owner TEXT NOT NULL,
	operator TEXT NOT NULL,
	resolver TEXT NOT NULL,
	vantage TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	verdict TEXT NOT NULL,
	canary BIGINT NOT NULL,
	PRIMARY KEY (order_id, owner, operator, resolver, vantage)
);

-- The whole result that an event names by its digest.
CREATE TABLE probe_result (
	digest TEXT PRIMARY KEY,
	result TEXT NOT NULL, -- JSON
	at_us BIGINT NOT NULL
);
CREATE INDEX probe_result_at ON probe_result (at_us);

-- From where resolvers are asked.
CREATE TABLE probe_vantage (
	vantage TEXT PRIMARY KEY,
	author TEXT NOT NULL, -- who brought the last results
	round_us BIGINT NOT NULL, -- when the last round began
	heard_us BIGINT NOT NULL,
	results BIGINT NOT NULL -- so far
);
