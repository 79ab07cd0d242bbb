-- Evidence: what files are here, and those on their way out.

CREATE TABLE evidence_file (
	channel BIGINT NOT NULL,
	sha256 BYTEA NOT NULL, -- of the ciphertext
	len BIGINT NOT NULL,   -- of the whole
	state BIGINT NOT NULL, -- enum file_state
	named BIGINT NOT NULL, -- 1: an event names it, or will
	came_us BIGINT NOT NULL,
	checked BIGINT NOT NULL, -- 1: opened once and compared with its event
	PRIMARY KEY (channel, sha256)
);
CREATE INDEX evidence_file_loose ON evidence_file (named, came_us);
CREATE INDEX evidence_file_check ON evidence_file (checked, named, state, came_us);

-- Files that people of this side give, from the first byte to their event.
CREATE TABLE evidence_out (
	id TEXT PRIMARY KEY,
	channel BIGINT NOT NULL,
	casefile TEXT NOT NULL,
	author TEXT NOT NULL,
	name TEXT NOT NULL,
	media_type TEXT NOT NULL,
	description TEXT,
	len BIGINT NOT NULL,   -- of the plaintext
	state TEXT NOT NULL,   -- receiving, waiting, sent, failed, dropped
	sha256 BYTEA,	       -- of the ciphertext, once it is sealed
	sealed_len BIGINT NOT NULL,
	pt_commit BYTEA,
	seq BIGINT NOT NULL, -- of its event, -1: none yet
	reason TEXT,	     -- why it is not delivered
	attempts BIGINT NOT NULL,
	next_us BIGINT NOT NULL,
	made_us BIGINT NOT NULL
);
CREATE INDEX evidence_out_state ON evidence_out (state, channel, made_us);
CREATE INDEX evidence_out_case ON evidence_out (casefile, made_us);
