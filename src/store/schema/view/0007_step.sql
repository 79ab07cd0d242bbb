-- The next step of the ladder of each case, and from when on it may be taken.

CREATE TABLE v_step (
	casefile TEXT PRIMARY KEY,
	step BIGINT NOT NULL,
	step_us BIGINT NOT NULL
);
CREATE INDEX v_step_due ON v_step (step_us);
