-- Objections as they came in, durable at once; they enter the signed log at a bounded
-- rate, and what they say stays here only until then.

CREATE TABLE objection_inbox (
	objection TEXT PRIMARY KEY,
	channel BIGINT NOT NULL,
	order_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	language TEXT NOT NULL,
	body TEXT, -- NULL: it is in the log now
	contact TEXT,
	body_sha256 TEXT NOT NULL, -- hex: the same text again is not taken twice
	tracking TEXT NOT NULL, -- hex SHA-256 of the code
	received_us BIGINT NOT NULL,
	answer_due_us BIGINT NOT NULL,
	rule_due_us BIGINT NOT NULL,
	admitted_us BIGINT NOT NULL, -- 0: it waits
	source TEXT, -- hex SHA-256 of the address that it came from, for a day
	UNIQUE (order_id, body_sha256)
);
CREATE INDEX objection_inbox_admitted ON objection_inbox (admitted_us, received_us);
CREATE INDEX objection_inbox_source ON objection_inbox (source, received_us);
CREATE INDEX objection_inbox_tracking ON objection_inbox (tracking);
