-- What lists of cases are made of: narrow rows, so that any filter over all of them
-- stays cheap, and the words and categories by which a case is found.

CREATE TABLE v_queue (
	casefile TEXT PRIMARY KEY,
	due_us BIGINT NOT NULL, -- as of v_case
	channel BIGINT NOT NULL,
	state BIGINT NOT NULL,
	class TEXT NOT NULL,	  -- whose limits hold; empty: no manifest yet
	urgent BIGINT NOT NULL,
	receipted BIGINT NOT NULL, -- 1: a clock runs, or ran
	unread0 BIGINT NOT NULL,   -- messages of the authority that the platform has not read
	unread1 BIGINT NOT NULL,   -- and the other way
	items BIGINT NOT NULL,
	decided BIGINT NOT NULL,
	answer BIGINT NOT NULL -- 0: none, 1: accepted, 2: refused
);
-- Holds what filters look at, so that a page is read from the index alone.
CREATE INDEX v_queue_due ON v_queue
	(due_us, casefile, channel, state, class, urgent, receipted, unread0, unread1);
CREATE INDEX v_queue_unread0 ON v_queue (due_us, casefile) WHERE unread0 > 0;
CREATE INDEX v_queue_unread1 ON v_queue (due_us, casefile) WHERE unread1 > 0;
CREATE INDEX v_queue_undelivered ON v_queue (due_us, casefile) WHERE receipted = 0;
CREATE INDEX v_queue_state ON v_queue (state, due_us, casefile);
CREATE INDEX v_queue_class ON v_queue (class, due_us, casefile);
-- Only counted over, from the index alone, hence as narrow as can be.
CREATE INDEX v_queue_receipted ON v_queue (receipted, due_us);

CREATE TABLE v_case_word (
	casefile TEXT NOT NULL,
	word TEXT NOT NULL,
	PRIMARY KEY (casefile, word)
);
CREATE INDEX v_case_word_word ON v_case_word (word, casefile);

CREATE TABLE v_case_category (
	casefile TEXT NOT NULL,
	category TEXT NOT NULL,
	items BIGINT NOT NULL,
	PRIMARY KEY (casefile, category)
);
CREATE INDEX v_case_category_category ON v_case_category (category, casefile);

-- Sums over all cases, so that nobody counts them: "state/2", "items", "items/1" (of
-- cases with that answer), "decided".
CREATE TABLE v_tally (
	what TEXT PRIMARY KEY,
	n BIGINT NOT NULL
);
