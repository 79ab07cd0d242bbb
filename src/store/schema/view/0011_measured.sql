-- What resolvers were measured to answer: a fold of dns.measured.

-- The newest verdict for a row of the zone at one resolver as one vantage sees it.
CREATE TABLE v_measured (
	order_id TEXT NOT NULL,
	owner TEXT NOT NULL, -- as in v_zone
	operator TEXT NOT NULL,
	resolver TEXT NOT NULL, -- address#port
	vantage TEXT NOT NULL,
	channel BIGINT NOT NULL,
	seq BIGINT NOT NULL,	  -- of the event
	transport TEXT NOT NULL,
	expected TEXT NOT NULL,	  -- blocked, free
	serial BIGINT NOT NULL,	  -- from which on that is expected
	canary BIGINT NOT NULL,	  -- the serial that it held, 0: not shown
	verdict TEXT NOT NULL,	  -- a token of PROBE_VERDICT_TABLE
	means TEXT NOT NULL,	  -- blocked, free, unknown
	since_us BIGINT NOT NULL, -- since when that is what it means
	at_us BIGINT NOT NULL,	  -- when it was measured
	first_blocked_us BIGINT NOT NULL, -- 0: never seen
	first_free_us BIGINT NOT NULL,	  -- the first after it was expected, 0: not yet
	digest TEXT NOT NULL,
	PRIMARY KEY (order_id, owner, operator, resolver, vantage)
);
CREATE INDEX v_measured_operator ON v_measured (operator, order_id);
CREATE INDEX v_measured_still ON v_measured (order_id) WHERE expected = 'free' AND means = 'blocked';

-- Lifts among all changes of the zone, by time: what is to be measured free.
CREATE INDEX v_zone_change_lift ON v_zone_change (at_us) WHERE present = 0;
