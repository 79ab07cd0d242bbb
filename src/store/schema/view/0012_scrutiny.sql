-- Until when a third authority may review a notice, where its policy gives a time for it.

CREATE TABLE v_scrutiny (
	casefile TEXT PRIMARY KEY,
	near_us BIGINT NOT NULL, -- from then on people are told
	due_us BIGINT NOT NULL,
	-- What this node has told: 1 that it is near, 2 all of it.  No part of the fold, and
	-- lost by a rebuild, which costs one look at each.
	told BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX v_scrutiny_near ON v_scrutiny (told, near_us);
CREATE INDEX v_scrutiny_due ON v_scrutiny (told, due_us);
