-- What people must see and did not ask for.

CREATE TABLE alarm (
	key TEXT PRIMARY KEY,
	kind TEXT NOT NULL,
	subject TEXT,
	body TEXT NOT NULL,
	raised_us BIGINT NOT NULL,
	cleared_us BIGINT NOT NULL -- 0: it stands
);
CREATE INDEX alarm_open ON alarm (cleared_us, raised_us);
