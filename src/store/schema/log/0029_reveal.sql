-- Pictures that people had shown to them, and how much each wants to see at most.

CREATE TABLE reveal (
	id TEXT PRIMARY KEY,
	person TEXT NOT NULL, -- pseudonym
	casefile TEXT NOT NULL,
	sha256 BYTEA NOT NULL, -- of the file, as events name it
	stage TEXT NOT NULL,   -- grey, clear
	reason TEXT,
	at_us BIGINT NOT NULL
);
CREATE INDEX reveal_person ON reveal (person, stage, at_us);
CREATE INDEX reveal_file ON reveal (person, sha256, at_us);
CREATE INDEX reveal_case ON reveal (casefile);

CREATE TABLE shield (
	person TEXT PRIMARY KEY,
	pictures TEXT NOT NULL,	   -- staged, never
	per_shift BIGINT NOT NULL, -- 0: as many as the organisation lets
	set_us BIGINT NOT NULL
);
