-- The truth: identities, logs, receipts, disclosures.  Only appended to, but for
-- log_head, which says where each log stands, and for erased disclosures.

CREATE TABLE meta (
	key TEXT PRIMARY KEY,
	value TEXT NOT NULL
);

CREATE TABLE identity (
	org TEXT NOT NULL,
	n BIGINT NOT NULL,
	wire TEXT NOT NULL, -- the entry as received
	added_us BIGINT NOT NULL,
	PRIMARY KEY (org, n)
);

CREATE TABLE policy_text (
	sha256 BYTEA PRIMARY KEY,
	name TEXT NOT NULL,
	version BIGINT NOT NULL,
	body TEXT NOT NULL
);

CREATE TABLE channel (
	channel BIGINT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	peer_org TEXT NOT NULL UNIQUE,
	own_party BIGINT NOT NULL, -- enum party
	policy_sha256 BYTEA NOT NULL,
	introduction TEXT NOT NULL, -- the peer's file, empty until it came
	added_us BIGINT NOT NULL
);

CREATE TABLE log_head (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL, -- enum party: who writes this log
	origin TEXT NOT NULL UNIQUE,
	origin_sha256 TEXT NOT NULL UNIQUE,
	size BIGINT NOT NULL,
	root BYTEA NOT NULL,
	last_iat_us BIGINT NOT NULL,
	-- a peer's log: the newest checkpoint that it signed and that is not yet filled
	pending_size BIGINT NOT NULL,
	pending_root BYTEA NOT NULL,
	pending_note TEXT NOT NULL,
	-- a peer's log: the newest signed head that is whole here (what `ack` names)
	signed_size BIGINT NOT NULL,
	signed_root BYTEA NOT NULL,
	signed_note TEXT NOT NULL,
	PRIMARY KEY (channel, party)
);

CREATE TABLE log_event (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	leaf BYTEA NOT NULL,
	jws TEXT NOT NULL,
	stored_us BIGINT NOT NULL, -- rises with every event stored, whatever the clock does
	PRIMARY KEY (channel, party, seq)
);
CREATE INDEX log_event_stored ON log_event (stored_us, channel, party, seq);

-- Perfect subtrees of two leaves and more; level 0 is log_event.leaf.
CREATE TABLE log_node (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	level BIGINT NOT NULL,
	idx BIGINT NOT NULL,
	hash BYTEA NOT NULL,
	PRIMARY KEY (channel, party, level, idx)
);

-- Cosignatures: the peer's on our log, ours on the peer's.
CREATE TABLE log_receipt (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL, -- whose log
	size BIGINT NOT NULL,
	root BYTEA NOT NULL,
	time_s BIGINT NOT NULL,
	note TEXT NOT NULL, -- the log's own signed checkpoint
	line TEXT NOT NULL, -- the cosignature line, LF included
	added_us BIGINT NOT NULL,
	PRIMARY KEY (channel, party, size)
);

CREATE TABLE log_disclosure (
	digest BYTEA PRIMARY KEY,
	body TEXT, -- NULL: erased, the tombstone stays
	stored_us BIGINT NOT NULL
);
