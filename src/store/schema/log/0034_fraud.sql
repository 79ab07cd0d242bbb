-- Proofs that the writer of a log signed two histories (protocol 7): two heads by its key
-- of which one contradicts the other.
CREATE TABLE fraud (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL, -- whose log
	size BIGINT NOT NULL, -- of the head that contradicts
	root BYTEA NOT NULL,
	note TEXT NOT NULL, -- that head, signed
	other TEXT NOT NULL, -- a head of the log as it is here, signed, not smaller
	found_us BIGINT NOT NULL,
	PRIMARY KEY (channel, party, size, root)
);
