-- Lifts whose names have left the zones while the log took nothing (adr 0051): until the log has
-- them.  A file beside the store has the same.
CREATE TABLE order_release (
	order_id TEXT NOT NULL,
	name TEXT NOT NULL,
	zone TEXT NOT NULL, -- '': all of them
	author TEXT NOT NULL, -- a pseudonym, or node
	reason TEXT NOT NULL,
	at_us BIGINT NOT NULL,
	PRIMARY KEY (order_id, name, zone)
);
