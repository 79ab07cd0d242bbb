-- What operators claim to have applied: a fold of dns.applied.

CREATE TABLE v_applied (
	channel BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	operator TEXT NOT NULL,
	serial BIGINT NOT NULL,
	author TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (channel, seq)
);
CREATE INDEX v_applied_operator ON v_applied (operator, serial);

-- Resolvers that are no longer waited for after a lift, and why: dns.waived.
CREATE TABLE v_waived (
	order_id TEXT NOT NULL,
	operator TEXT NOT NULL,
	seq BIGINT NOT NULL,
	author TEXT NOT NULL,
	reason TEXT,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (order_id, operator)
);

-- Resolvers and vantages that are asked no more, since when, and by whom: dns.retired.
CREATE TABLE v_retired (
	channel BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	operator TEXT, -- and resolver: address#port
	resolver TEXT,
	vantage TEXT, -- or this one
	author TEXT NOT NULL,
	reason TEXT,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (channel, seq)
);
