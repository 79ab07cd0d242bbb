-- Steps of the ladder that are due, with their text, for a person to send.

CREATE TABLE prepared (
	id TEXT PRIMARY KEY,
	casefile TEXT NOT NULL,
	step BIGINT NOT NULL, -- of the policy's ladder
	step_us BIGINT NOT NULL, -- from when on it may be taken
	level BIGINT NOT NULL, -- of a warning; 0: a reminder
	body TEXT, -- NULL: without a text
	made_us BIGINT NOT NULL,
	state TEXT NOT NULL, -- ready, sent
	ended_us BIGINT NOT NULL,
	ended_by TEXT -- name; "node": by the policy
);
CREATE UNIQUE INDEX prepared_step ON prepared (casefile, step, step_us);
CREATE INDEX prepared_state ON prepared (state, made_us);
