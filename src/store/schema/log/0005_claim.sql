-- Who of this organisation works on which case, and who looks at it.

CREATE TABLE claim (
	casefile TEXT PRIMARY KEY,
	person TEXT NOT NULL, -- pseudonym
	by_person TEXT NOT NULL,
	at_us BIGINT NOT NULL
);
CREATE INDEX claim_person ON claim (person, casefile);

CREATE TABLE presence (
	casefile TEXT NOT NULL,
	person TEXT NOT NULL,
	seen_us BIGINT NOT NULL,
	PRIMARY KEY (casefile, person)
);
CREATE INDEX presence_seen ON presence (seen_us);
