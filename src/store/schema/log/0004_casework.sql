-- Work on cases that is no event and never leaves the node.

-- Internal notes.
CREATE TABLE case_note (
	id TEXT PRIMARY KEY,
	casefile TEXT NOT NULL,
	author TEXT NOT NULL, -- the person's name
	body TEXT NOT NULL,
	at_us BIGINT NOT NULL
);
CREATE INDEX case_note_case ON case_note (casefile, at_us);

-- Texts with places; the newest version of a name counts.
CREATE TABLE template (
	name TEXT NOT NULL,
	version BIGINT NOT NULL,
	kind TEXT NOT NULL,
	language TEXT NOT NULL,
	body TEXT NOT NULL,
	author TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (name, version)
);
