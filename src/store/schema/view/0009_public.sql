-- What the public sees: the register's numbers, and objections.

-- The public number of an order that took effect, by year of effect: on an authority's node.
CREATE TABLE v_register (
	order_id TEXT PRIMARY KEY,
	year BIGINT NOT NULL,
	number BIGINT NOT NULL,
	UNIQUE (year, number)
);

CREATE TABLE v_objection (
	channel BIGINT NOT NULL,
	objection TEXT NOT NULL,
	order_id TEXT NOT NULL,
	seq BIGINT NOT NULL,
	kind TEXT NOT NULL, -- objection, normalise
	language TEXT NOT NULL,
	body TEXT, -- NULL with contact: erased
	contact TEXT,
	tracking TEXT NOT NULL, -- hex SHA-256 of the code
	received_us BIGINT NOT NULL,
	opened_us BIGINT NOT NULL,
	answer_due_us BIGINT NOT NULL,
	rule_due_us BIGINT NOT NULL,
	answered_us BIGINT NOT NULL, -- 0: not yet
	answered_by TEXT,
	answer_seq BIGINT NOT NULL, -- -1: not yet
	answer TEXT,
	ruled_us BIGINT NOT NULL, -- 0: not yet
	ruled_by TEXT,
	rule_seq BIGINT NOT NULL, -- -1: not yet
	ruling TEXT, -- upheld, rejected, partly
	ruled_names TEXT, -- JSON array, partly
	reason TEXT,
	PRIMARY KEY (channel, objection)
);
-- Those that still say something, for their retention.
CREATE INDEX v_objection_kept ON v_objection (channel, ruled_us)
WHERE body IS NOT NULL OR contact IS NOT NULL OR answer IS NOT NULL;
CREATE INDEX v_objection_id ON v_objection (objection);
CREATE INDEX v_objection_order ON v_objection (order_id, ruled_us);
CREATE INDEX v_objection_tracking ON v_objection (tracking);
CREATE INDEX v_objection_rule_due ON v_objection (ruled_us, rule_due_us);
CREATE INDEX v_objection_answer_due ON v_objection (ruled_us, answered_us, answer_due_us);

-- The items of a case by category and kind: what a register entry and the statistics
-- count without reading items.  Of a case without its manifest, those that are here.
CREATE TABLE v_case_tally (
	casefile TEXT NOT NULL,
	category TEXT NOT NULL,
	kind TEXT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (casefile, category, kind)
);

-- And its decided items by outcome and ground ('': none).
CREATE TABLE v_case_outcome (
	casefile TEXT NOT NULL,
	outcome TEXT NOT NULL,
	ground TEXT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (casefile, outcome, ground)
);

-- Reversals by which items that were removed, restricted or suspended are kept after all.
CREATE TABLE v_reinstated (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	n BIGINT NOT NULL, -- items
	PRIMARY KEY (channel, party, seq)
);

-- What the statistics of a month read.
CREATE INDEX v_case_sent ON v_case (channel, sent_us);
CREATE INDEX v_order_effect ON v_order (channel, in_force_us);
CREATE INDEX v_zone_change_order ON v_zone_change (order_id);
CREATE INDEX v_objection_received ON v_objection (channel, received_us);
CREATE INDEX v_dispute_opened ON v_dispute (channel, iat_us);
CREATE INDEX v_event_reversed ON v_event (channel, iat_us) WHERE type = 'item.reverse';
