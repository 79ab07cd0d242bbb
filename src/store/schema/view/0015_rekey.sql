-- From where on in a log its author's identity entries are in force (protocol 9).

CREATE TABLE v_rekey (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL, -- whose log
	seq BIGINT NOT NULL,
	n BIGINT NOT NULL, -- the entry that is in force from there on
	had BIGINT NOT NULL, -- what that event acknowledges of the other log
	PRIMARY KEY (channel, party, seq)
);
