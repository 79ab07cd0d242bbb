-- What operators were reminded of and what they answered: dns.reminded, dns.answered.

CREATE TABLE v_operator_talk (
	channel BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	operator TEXT NOT NULL,
	kind TEXT NOT NULL, -- reminded, answered
	step BIGINT NOT NULL, -- of a reminder
	via TEXT, -- the way a reminder went
	author TEXT NOT NULL,
	body TEXT,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (channel, seq)
);
CREATE INDEX v_operator_talk_of ON v_operator_talk (operator, at_us);

-- The orders that it is about.
CREATE TABLE v_operator_talk_order (
	order_id TEXT NOT NULL,
	operator TEXT NOT NULL,
	channel BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	expected TEXT, -- of a reminder, as the next two
	serial BIGINT,
	lacks TEXT,
	PRIMARY KEY (order_id, operator, channel, seq)
);
CREATE INDEX v_operator_talk_order_of ON v_operator_talk_order (channel, seq);

-- Orders that were measured free everywhere after their end: dns.normalised.
CREATE TABLE v_normalised (
	order_id TEXT PRIMARY KEY,
	serial BIGINT NOT NULL,
	measured BIGINT NOT NULL,
	waived BIGINT NOT NULL,
	author TEXT NOT NULL,
	seq BIGINT NOT NULL,
	at_us BIGINT NOT NULL
);
