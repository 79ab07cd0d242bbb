-- What people have said of duties with a date that hang on no clock of a case.

CREATE TABLE duty_done (
	duty TEXT PRIMARY KEY, -- "statistics.2016", "scrutiny.<case>"
	note TEXT, -- NULL: none, or erased
	by_name TEXT NOT NULL,
	at_us BIGINT NOT NULL
);
