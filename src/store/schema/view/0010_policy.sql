-- Policies that a side has adopted in a channel.

CREATE TABLE v_policy (
	channel BIGINT NOT NULL,
	party BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	sha256 BYTEA NOT NULL,
	name TEXT NOT NULL,
	version BIGINT NOT NULL,
	author TEXT NOT NULL,
	iat_us BIGINT NOT NULL,
	nth BIGINT NOT NULL, -- of this side for this policy, from 1
	PRIMARY KEY (channel, party, seq)
);

-- The other side's adoption that matches one.
CREATE UNIQUE INDEX v_policy_nth ON v_policy (channel, party, sha256, nth);

-- Was anything sent under a policy?
CREATE INDEX v_case_policy ON v_case (channel, policy_sha256);
