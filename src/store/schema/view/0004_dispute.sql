-- Questions and disputes of cases.

CREATE TABLE v_clarify (
	casefile TEXT NOT NULL,
	seq BIGINT NOT NULL, -- in the platform's log
	act TEXT NOT NULL, -- clarify.ask, or the decision of an inability
	author TEXT NOT NULL,
	body TEXT, -- the question or the reason; NULL: erased
	items TEXT, -- JSON: item numbers; NULL: the whole case
	iat_us BIGINT NOT NULL,
	answer_seq BIGINT, -- in the authority's log; NULL: an answer is owed
	answer_author TEXT,
	answer TEXT,
	answer_iat_us BIGINT NOT NULL,
	PRIMARY KEY (casefile, seq)
);

-- Each side numbers its own disputes, so that neither can take the other's number.
CREATE TABLE v_dispute (
	casefile TEXT NOT NULL,
	party BIGINT NOT NULL, -- enum party: who opened it
	dispute TEXT NOT NULL,
	channel BIGINT NOT NULL,
	seq BIGINT NOT NULL, -- in the opener's log
	about TEXT NOT NULL,
	items TEXT, -- JSON: item numbers; NULL: the whole case
	state TEXT NOT NULL, -- open, answered, ruled
	author TEXT NOT NULL,
	body TEXT,
	iat_us BIGINT NOT NULL,
	answer_author TEXT,
	answer TEXT,
	answer_iat_us BIGINT NOT NULL,
	ruling TEXT, -- upheld, rejected, partly
	ruling_author TEXT,
	reason TEXT,
	ruled_us BIGINT NOT NULL,
	PRIMARY KEY (casefile, party, dispute)
);
CREATE INDEX v_dispute_state ON v_dispute (state, iat_us);
CREATE INDEX v_dispute_id ON v_dispute (dispute);
