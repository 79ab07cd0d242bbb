-- Folds of evidence, its erasure and legal holds.

CREATE TABLE v_evidence (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	n BIGINT NOT NULL, -- which file of its event
	casefile TEXT NOT NULL,
	sha256 BYTEA NOT NULL, -- of the ciphertext
	len BIGINT NOT NULL,   -- of the ciphertext
	pt_commit BYTEA NOT NULL,
	name TEXT, -- NULL: erased
	media_type TEXT,
	description TEXT,
	author TEXT NOT NULL,
	iat_us BIGINT NOT NULL,
	rejected_us BIGINT NOT NULL, -- 0: not rejected by the other side
	rejected TEXT,		     -- why
	erased0_us BIGINT NOT NULL,  -- on the authority's node
	erased1_us BIGINT NOT NULL,  -- on the platform's node
	PRIMARY KEY (channel, party, seq, n)
);
CREATE INDEX v_evidence_case ON v_evidence (casefile, iat_us);
CREATE INDEX v_evidence_sha256 ON v_evidence (sha256);

CREATE TABLE v_erase (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	casefile TEXT NOT NULL,
	act TEXT NOT NULL, -- request, done
	request TEXT,	   -- which request
	what TEXT NOT NULL,
	whole BIGINT NOT NULL, -- 1: all of the case, 0: some events
	author TEXT NOT NULL,
	reason TEXT,
	iat_us BIGINT NOT NULL,
	PRIMARY KEY (channel, party, seq)
);
CREATE INDEX v_erase_case ON v_erase (casefile, iat_us);

CREATE TABLE v_hold (
	casefile TEXT NOT NULL,
	party BIGINT NOT NULL,
	hold TEXT NOT NULL,
	seq BIGINT NOT NULL,
	author TEXT NOT NULL,
	reason TEXT,
	placed_us BIGINT NOT NULL,
	released_seq BIGINT NOT NULL, -- -1: it stands
	released_by TEXT,
	released_reason TEXT,
	released_us BIGINT NOT NULL,
	PRIMARY KEY (casefile, party, hold)
);
