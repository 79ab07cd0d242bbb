-- The next step of the ladder of each case, and from when on it may be taken.

CREATE TABLE v_step (
	casefile TEXT PRIMARY KEY,
	step BIGINT NOT NULL,
	step_us BIGINT NOT NULL,
	-- This node has looked at it and need not again: no part of the fold.  Lost by a
	-- rebuild, which costs one look at each.
	prepared BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX v_step_due ON v_step (prepared, step_us);
