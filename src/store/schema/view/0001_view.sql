-- Folds of the log: dropped and rebuilt by `saluran rebuild`.

CREATE TABLE v_event (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	id TEXT NOT NULL,
	type TEXT NOT NULL,
	casefile TEXT,
	iat_us BIGINT NOT NULL,
	author TEXT NOT NULL,
	void TEXT, -- why it has no effect, NULL: it has
	top_us BIGINT NOT NULL, -- the latest time that its log shows up to here
	behind_us BIGINT NOT NULL, -- how much it is dated before what stands before it
	ahead_us BIGINT NOT NULL, -- how much it is dated after its receipt
	acked BIGINT NOT NULL, -- how much of the other log this one has acknowledged up to here
	PRIMARY KEY (channel, party, seq)
);
CREATE INDEX v_event_case ON v_event (casefile, iat_us);
CREATE INDEX v_event_epoch ON v_event (channel, party, seq) WHERE type = 'channel.epoch';

CREATE TABLE v_case (
	casefile TEXT PRIMARY KEY,
	channel BIGINT NOT NULL,
	parts BIGINT NOT NULL, -- parts that are here
	items BIGINT NOT NULL, -- items of these parts
	decided BIGINT NOT NULL,
	manifest BIGINT NOT NULL, -- 1: notice.send is here and agrees with the parts
	subject TEXT,
	legal_basis TEXT,
	class TEXT, -- as the notice has it
	urgent BIGINT NOT NULL,
	policy_sha256 BYTEA,
	test BIGINT NOT NULL, -- 1: under a policy that is a TEST
	state BIGINT NOT NULL,
	send_seq BIGINT NOT NULL,
	sent_us BIGINT NOT NULL,
	receipt_us BIGINT NOT NULL,
	accepted_us BIGINT NOT NULL,
	refused_us BIGINT NOT NULL,
	closed_us BIGINT NOT NULL,
	decided_us BIGINT NOT NULL,
	decided_seq BIGINT NOT NULL,
	reopened BIGINT NOT NULL,
	voided BIGINT NOT NULL,
	rungs TEXT NOT NULL, -- JSON, see casefile.h
	suspended BIGINT NOT NULL, -- decided items of an inability that may end
	pauses TEXT NOT NULL, -- JSON, as rungs
	transfers TEXT NOT NULL,
	paused_us BIGINT NOT NULL, -- an answer is owed and the clock stands still; 0: it runs
	paused_until_us BIGINT NOT NULL, -- at the latest
	class_now TEXT, -- whose limits hold, after transfers that were receipted
	last_seq0 BIGINT NOT NULL,
	last_seq1 BIGINT NOT NULL,
	max_iat0 BIGINT NOT NULL,
	max_iat1 BIGINT NOT NULL,
	n_events0 BIGINT NOT NULL,
	n_events1 BIGINT NOT NULL,
	max_ack0 BIGINT NOT NULL,
	max_ack1 BIGINT NOT NULL,
	accept_due_us BIGINT NOT NULL,
	decide_due_us BIGINT NOT NULL,
	due_us BIGINT NOT NULL -- the place in the list by deadline, see view_case.c
);
CREATE INDEX v_case_due ON v_case (due_us, casefile);

-- What the fold of a case looks at, for when it must be done again.
CREATE TABLE v_case_event (
	casefile TEXT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	covers_seq BIGINT NOT NULL,
	ack_size BIGINT NOT NULL,
	iat_us BIGINT NOT NULL,
	act BIGINT NOT NULL,
	level BIGINT NOT NULL,
	receipt_us BIGINT NOT NULL,
	floor_us BIGINT NOT NULL,
	PRIMARY KEY (casefile, party, seq, covers_seq)
);

-- Events whose receipt starts a clock and is not yet adopted.
CREATE TABLE v_clock (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	casefile TEXT NOT NULL,
	PRIMARY KEY (channel, party, seq)
);

-- Receipts of the other side that a log has adopted: what both signed of a time.
CREATE TABLE v_adopted (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL, -- whose log
	seq BIGINT NOT NULL, -- of the receipt.adopt
	size BIGINT NOT NULL, -- the receipt covers what is below
	time_us BIGINT NOT NULL,
	heard_us BIGINT NOT NULL, -- the latest of these up to here
	acked BIGINT NOT NULL, -- what is covered acknowledges so much of the other log,
	acked_us BIGINT NOT NULL, -- at this time, by its author and at most that of the receipt
	PRIMARY KEY (channel, party, seq)
);
CREATE INDEX v_adopted_size ON v_adopted (channel, party, size);
CREATE INDEX v_adopted_acked ON v_adopted (channel, party, acked, seq);

CREATE TABLE v_item (
	casefile TEXT NOT NULL,
	i BIGINT NOT NULL,
	kind TEXT NOT NULL,
	category TEXT NOT NULL,
	nf BYTEA NOT NULL,
	given TEXT, -- NULL: its disclosure is erased
	normal TEXT,
	host TEXT,
	description TEXT,
	outcome TEXT, -- NULL: open
	ground TEXT,
	reason TEXT,
	decided_us BIGINT NOT NULL,
	decided_seq BIGINT NOT NULL,
	case_ms BIGINT NOT NULL, -- what the id of the case begins with: its place among cases
	PRIMARY KEY (casefile, i)
);
-- Most of what a large notice writes is of these two, so they are narrow.
CREATE INDEX v_item_nf ON v_item (nf, case_ms);
CREATE INDEX v_item_host ON v_item (host, case_ms);

CREATE TABLE v_message (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	casefile TEXT NOT NULL,
	author TEXT NOT NULL,
	body TEXT,
	iat_us BIGINT NOT NULL,
	read_us BIGINT NOT NULL, -- 0: no message.read of the other side
	PRIMARY KEY (channel, party, seq)
);
CREATE INDEX v_message_case ON v_message (casefile, iat_us);
