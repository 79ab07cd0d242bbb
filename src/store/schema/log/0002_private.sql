-- State of this node that is no event: people, delivery, DNS operators.

CREATE TABLE person (
	name TEXT PRIMARY KEY,
	pseudonym TEXT NOT NULL UNIQUE,
	role TEXT NOT NULL,
	token_sha256 BYTEA, -- NULL: no token
	password TEXT,	    -- argon2id string, NULL: no password
	active BIGINT NOT NULL,
	added_us BIGINT NOT NULL,
	added_by TEXT NOT NULL
);
CREATE INDEX person_token ON person (token_sha256);

CREATE TABLE delivery (
	channel BIGINT PRIMARY KEY,
	attempts BIGINT NOT NULL,
	next_us BIGINT NOT NULL,
	failed_us BIGINT NOT NULL, -- since when, 0: not failing
	reason TEXT NOT NULL,
	peer_size BIGINT NOT NULL, -- what we believe that the peer has pending
	peer_next BIGINT NOT NULL -- and the entry that it wants next
);

CREATE TABLE operator (
	name TEXT PRIMARY KEY,
	address TEXT NOT NULL,
	notify_port BIGINT NOT NULL,
	tsig_name TEXT,
	tsig_secret TEXT,
	pulled_serial BIGINT NOT NULL,
	pulled_us BIGINT NOT NULL,
	added_us BIGINT NOT NULL
);

-- What a sender asked for under its own reference: asking again answers the same.
CREATE TABLE request (
	key TEXT PRIMARY KEY,
	digest TEXT NOT NULL, -- hex SHA-256 of what was asked
	answer TEXT NOT NULL,
	made_us BIGINT NOT NULL
);
