-- What other DNS servers' checkers say of the published zones (adr 0042).  Private: it is
-- about programs of this machine.

CREATE TABLE zone_checker (
	path TEXT PRIMARY KEY,
	name TEXT, -- NULL: no checker that is known
	state TEXT NOT NULL, -- a token of CHECKER_STATE_TABLE
	version TEXT NOT NULL,
	why TEXT NOT NULL, -- of a state that is not ready
	at_us BIGINT NOT NULL
);

-- The newest of each kind.
CREATE TABLE zone_check (
	zone TEXT NOT NULL,
	path TEXT NOT NULL, -- of the checker
	scope TEXT NOT NULL, -- change: rows that changed, in a zone of their own; base: all rows
	serial BIGINT NOT NULL, -- up to which it has looked
	n_rows BIGINT NOT NULL,
	verdict TEXT NOT NULL, -- a token of CHECKER_VERDICT_TABLE
	words TEXT NOT NULL, -- its own
	refused TEXT NOT NULL, -- JSON array [{owner, action, order}]
	version TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	took_us BIGINT NOT NULL,
	PRIMARY KEY (zone, path, scope)
);
