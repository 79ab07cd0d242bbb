-- A log of ours that is brought back from the peer (protocol 6).

-- Where it stands; no row: no log is brought back.
CREATE TABLE regain (
	channel BIGINT PRIMARY KEY,
	since_us BIGINT NOT NULL,
	phase BIGINT NOT NULL, -- enum recovery_phase
	base BIGINT NOT NULL, -- entries from here on are asked for
	size BIGINT NOT NULL, -- of the head that is to be reached
	root BYTEA NOT NULL,
	word TEXT NOT NULL, -- what the peer said that it has, under its signature
	said_seq BIGINT NOT NULL, -- the next disclosure to be asked for
	said_n BIGINT NOT NULL,
	needs BIGINT NOT NULL -- events of the peer's log that the entries acknowledge
);

-- What came back and is not in the log yet.
CREATE TABLE regain_event (
	channel BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	jws TEXT NOT NULL,
	PRIMARY KEY (channel, seq)
);

-- Events of ours that were recorded on the old copy and never left this node: the log
-- has others in their places.  Kept for people, who do again what is still to be done.
CREATE TABLE regain_aside (
	channel BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	leaf BYTEA NOT NULL,
	type TEXT NOT NULL,
	by_whom TEXT NOT NULL,
	casefile TEXT,
	jws TEXT NOT NULL,
	iat_us BIGINT NOT NULL,
	aside_us BIGINT NOT NULL,
	PRIMARY KEY (channel, seq, leaf)
);

-- What peers said under their signatures that they had, each time that a mark went back
-- by it.
CREATE TABLE regain_word (
	channel BIGINT NOT NULL,
	at_us BIGINT NOT NULL,
	word TEXT NOT NULL,
	PRIMARY KEY (channel, at_us)
);
