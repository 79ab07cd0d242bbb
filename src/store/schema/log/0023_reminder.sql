-- What operators are reminded of: whom they are reached by, what is missing where, and the
-- reminders that were prepared for a person to send.

CREATE TABLE operator_contact (
	operator TEXT PRIMARY KEY,
	name TEXT NOT NULL, -- of the desk or the person
	reach TEXT NOT NULL, -- mail address, telephone number
	language TEXT NOT NULL,
	person TEXT -- with the role operator, who acts for it here; NULL: nobody
);
CREATE UNIQUE INDEX operator_contact_person ON operator_contact (person);

-- Orders that are looked at again, until nobody is waited for.
CREATE TABLE order_wait (
	order_id TEXT PRIMARY KEY,
	since_us BIGINT NOT NULL, -- of the newest change of it in a zone
	next_us BIGINT NOT NULL
);
CREATE INDEX order_wait_next ON order_wait (next_us);

-- What was missing at an operator when the order was last looked at.
CREATE TABLE operator_lack (
	order_id TEXT NOT NULL,
	operator TEXT NOT NULL,
	expected TEXT NOT NULL, -- blocked, free
	serial BIGINT NOT NULL,
	lacks TEXT NOT NULL, -- pulled, applied, measured
	since_us BIGINT NOT NULL,
	due_us BIGINT NOT NULL,
	next_us BIGINT NOT NULL, -- when it is reminded of it (again)
	reminded BIGINT NOT NULL, -- how often it was
	PRIMARY KEY (order_id, operator)
);
CREATE INDEX operator_lack_of ON operator_lack (operator, due_us);
CREATE INDEX operator_lack_next ON operator_lack (next_us);

CREATE TABLE operator_reminder (
	id TEXT PRIMARY KEY,
	operator TEXT NOT NULL,
	step BIGINT NOT NULL,
	subject TEXT NOT NULL,
	body TEXT NOT NULL,
	made_us BIGINT NOT NULL,
	state TEXT NOT NULL, -- ready, sent, settled, replaced
	ended_us BIGINT NOT NULL,
	ended_by TEXT, -- name; "node": by the policy
	via TEXT, -- the way it went
	reach TEXT -- to whom it went
);
CREATE INDEX operator_reminder_made ON operator_reminder (made_us);
CREATE UNIQUE INDEX operator_reminder_ready ON operator_reminder (operator) WHERE state = 'ready';

CREATE TABLE operator_reminder_order (
	reminder TEXT NOT NULL,
	order_id TEXT NOT NULL,
	expected TEXT NOT NULL,
	serial BIGINT NOT NULL,
	lacks TEXT NOT NULL,
	PRIMARY KEY (reminder, order_id)
);
