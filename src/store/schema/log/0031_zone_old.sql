-- A person said that the zones of this copy of the store are given out, although it is an old
-- one (adr 0057).  Of this copy: the newest store, put back, has no such row.
CREATE TABLE zone_old (
	at_us BIGINT PRIMARY KEY,
	by_person TEXT NOT NULL,
	reason TEXT NOT NULL
);
