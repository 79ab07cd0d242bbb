-- A proof by itself (protocol 7), which freezes the channel; in rows of before, none.
ALTER TABLE fraud ADD COLUMN kind TEXT NOT NULL DEFAULT 'heads';
ALTER TABLE fraud ADD COLUMN proof TEXT NOT NULL DEFAULT ''; -- JSON, as POST fraud has it
ALTER TABLE fraud ADD COLUMN from_peer BIGINT NOT NULL DEFAULT 0; -- 1: the peer sent it
ALTER TABLE fraud ADD COLUMN told_us BIGINT NOT NULL DEFAULT 0; -- when the peer had it, 0: not yet, below 0: it refused
ALTER TABLE fraud ADD COLUMN settled BIGINT NOT NULL DEFAULT 0; -- 1: it freezes nothing (any more)

-- What each side signed about how a frozen channel goes on; with one of each the epoch begins.
CREATE TABLE epoch (
	channel BIGINT NOT NULL,
	epoch BIGINT NOT NULL, -- from 1
	party BIGINT NOT NULL, -- who says it
	wire TEXT NOT NULL, -- core/epoch.h
	authority_size BIGINT NOT NULL, -- the heads that it names
	platform_size BIGINT NOT NULL,
	said_us BIGINT NOT NULL, -- when it was signed here, or came
	told_us BIGINT NOT NULL DEFAULT 0, -- our own: when the peer had it, 0: not yet
	seq BIGINT NOT NULL DEFAULT -1, -- our own: of the channel.epoch in our log, -1: none yet
	PRIMARY KEY (channel, epoch, party)
);
