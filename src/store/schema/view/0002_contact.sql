-- Who is reached on either side of a channel, and the tests of the channel.

CREATE TABLE v_contact_set (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL, -- whose directory
	version BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	author TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (channel, party)
);

-- Directories that newer ones have replaced, while their texts are here.
CREATE TABLE v_contact_old (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	by_seq BIGINT NOT NULL, -- of the directory that replaced it
	PRIMARY KEY (channel, party, seq)
);

CREATE TABLE v_contact (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	i BIGINT NOT NULL, -- the place in the event
	role TEXT NOT NULL,
	ord BIGINT NOT NULL,
	languages TEXT NOT NULL, -- JSON array
	hours TEXT, -- JSON as in the event, NULL: at any time
	name TEXT, -- NULL with the next two: erased
	reach TEXT,
	note TEXT,
	PRIMARY KEY (channel, party, i)
);

CREATE TABLE v_channel_test (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL, -- who asked; a person of the other side answers
	test TEXT NOT NULL,
	seq BIGINT NOT NULL,
	author TEXT NOT NULL,
	sent_us BIGINT NOT NULL,
	due_us BIGINT NOT NULL,
	acked_us BIGINT NOT NULL, -- 0: not yet
	acked_by TEXT,
	acked_seq BIGINT NOT NULL, -- of the other side's log, where acked_us is not 0
	PRIMARY KEY (channel, party, test)
);
CREATE INDEX v_channel_test_open ON v_channel_test (acked_us, due_us);
CREATE INDEX v_channel_test_seq ON v_channel_test (channel, party, seq);
CREATE INDEX v_channel_test_id ON v_channel_test (test);
