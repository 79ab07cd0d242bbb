-- Orders and the zone that they make: folds of the log.

CREATE TABLE v_order (
	id TEXT PRIMARY KEY,
	channel BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	state TEXT NOT NULL, -- a token of ORDER_STATE_TABLE
	action TEXT NOT NULL,
	body TEXT,
	text_sha256 TEXT NOT NULL,
	reasons TEXT,
	legal_basis TEXT,
	proportionality TEXT,
	collateral TEXT,
	emergency_reason TEXT,
	contact_called TEXT, -- JSON {who, when, outcome}
	findings TEXT NOT NULL, -- JSON array: what guards found when it was drafted
	lists TEXT, -- JSON array {list, sha256}: what its names were held against
	previous TEXT, -- the order whose draft this one replaces
	source TEXT NOT NULL, -- person, feed
	approvals BIGINT NOT NULL, -- needed
	guards TEXT NOT NULL,	   -- JSON array: overrides needed
	drafter TEXT NOT NULL,
	drafted_us BIGINT NOT NULL,
	in_force_us BIGINT NOT NULL,
	ends_us BIGINT NOT NULL,
	review_us BIGINT NOT NULL,
	ended_us BIGINT NOT NULL,
	emergency BIGINT NOT NULL,
	serial_on BIGINT NOT NULL,
	serial_off BIGINT NOT NULL,
	reviewed_us BIGINT NOT NULL, -- the last review while it was in force
	policy_sha256 BYTEA NOT NULL -- in effect as its drafter had seen it
);
CREATE INDEX v_order_state ON v_order (state, ends_us);
CREATE INDEX v_order_state_id ON v_order (state, id);
CREATE INDEX v_order_previous ON v_order (previous);
CREATE INDEX v_order_in_force ON v_order (channel, in_force_us);

CREATE TABLE v_order_name (
	order_id TEXT NOT NULL,
	name TEXT NOT NULL,
	wildcard BIGINT NOT NULL,
	lifted_us BIGINT NOT NULL, -- 0: not lifted
	stage_us BIGINT NOT NULL,  -- when a plan lifts it, 0: no plan or done
	plan_seq BIGINT NOT NULL,  -- of that plan
	owner_us BIGINT NOT NULL,  -- since when it is recorded that its owner was told, or not reached
	owner_told BIGINT NOT NULL,
	owner_channel TEXT,
	PRIMARY KEY (order_id, name)
);
CREATE INDEX v_order_name_name ON v_order_name (name);
CREATE INDEX v_order_name_stage ON v_order_name (stage_us);
CREATE INDEX v_order_name_lifted ON v_order_name (lifted_us);

CREATE TABLE v_order_cite (
	order_id TEXT NOT NULL,
	casefile TEXT NOT NULL,
	PRIMARY KEY (order_id, casefile)
);
CREATE INDEX v_order_cite_case ON v_order_cite (casefile, order_id);

-- What was done with it, by whom.
CREATE TABLE v_order_act (
	order_id TEXT NOT NULL,
	seq BIGINT NOT NULL,
	act TEXT NOT NULL,
	author TEXT NOT NULL,
	guards TEXT NOT NULL,
	reason TEXT,
	iat_us BIGINT NOT NULL,
	body TEXT NOT NULL,	   -- JSON: of the event
	reviewed TEXT,		   -- of a lift or plan: right, wrong, owed; NULL: asked of nobody
	PRIMARY KEY (order_id, seq)
);
CREATE INDEX v_order_act_hand ON v_order_act (order_id, seq) WHERE act IN ('override', 'approve');

-- The journal of the zone: one row a name that appears or goes, by serial.
CREATE TABLE v_zone_change (
	serial BIGINT NOT NULL,
	owner TEXT NOT NULL,
	present BIGINT NOT NULL, -- 1: blocked from this serial on, 0: free
	action TEXT NOT NULL,
	order_id TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (serial, owner)
);
CREATE INDEX v_zone_change_at ON v_zone_change (at_us);

CREATE TABLE v_zone (
	owner TEXT NOT NULL,
	order_id TEXT NOT NULL,
	name TEXT NOT NULL, -- of the order, that the owner stands for
	action TEXT NOT NULL,
	since_serial BIGINT NOT NULL,
	PRIMARY KEY (owner, order_id)
);

-- Where an order holds; without a row: everywhere.
CREATE TABLE v_order_territory (
	order_id TEXT NOT NULL,
	territory TEXT NOT NULL,
	PRIMARY KEY (order_id, territory)
);

-- A name that an order still holds and that one zone is free of.
CREATE TABLE v_zone_lift (
	order_id TEXT NOT NULL,
	name TEXT NOT NULL,
	zone TEXT NOT NULL,
	lifted_us BIGINT NOT NULL,
	PRIMARY KEY (order_id, name, zone)
);

-- Stages of a plan that lift for some zones only.
CREATE TABLE v_order_stage (
	order_id TEXT NOT NULL,
	plan_seq BIGINT NOT NULL,
	at_us BIGINT NOT NULL,
	name TEXT NOT NULL,
	zone TEXT NOT NULL,
	PRIMARY KEY (order_id, name, zone)
);
CREATE INDEX v_order_stage_at ON v_order_stage (at_us);
