-- What became of the rows of a list: what counts are made of.

-- Rows that did not become items.
CREATE TABLE v_case_listed (
	casefile TEXT PRIMARY KEY,
	duplicate BIGINT NOT NULL,
	refused BIGINT NOT NULL
);

-- How many items each decision was the first of: so what was decided is known as of any
-- place in the platform's log.
CREATE TABLE v_case_decided (
	casefile TEXT NOT NULL,
	seq BIGINT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (casefile, seq)
);
