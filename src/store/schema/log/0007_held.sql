-- Decisions in bulk that wait before they have effect, and steps of the ladder that the
-- node has prepared for a person.

CREATE TABLE held_decision (
	id TEXT PRIMARY KEY,
	casefile TEXT NOT NULL,
	body TEXT NOT NULL,  -- JSON: the event's body without its items
	items TEXT NOT NULL, -- JSON: item numbers, ascending
	n BIGINT NOT NULL,
	reason TEXT,
	author TEXT NOT NULL, -- pseudonym
	person TEXT NOT NULL, -- name
	made_us BIGINT NOT NULL,
	effect_us BIGINT NOT NULL,
	state TEXT NOT NULL, -- held, done, cancelled, conflict
	ended_us BIGINT NOT NULL,
	ended_by TEXT, -- name; NULL: by its time
	why TEXT
);
CREATE INDEX held_decision_due ON held_decision (state, effect_us);
CREATE INDEX held_decision_case ON held_decision (casefile, state);
