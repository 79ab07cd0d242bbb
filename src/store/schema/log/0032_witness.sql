-- Names that are answered by an address of which there may be an order: by them the row of the
-- address is measured (adr 0052).
CREATE TABLE probe_witness (
	address TEXT PRIMARY KEY, -- or network, as an order names it
	name TEXT NOT NULL,
	by_person TEXT NOT NULL,
	at_us BIGINT NOT NULL
);
