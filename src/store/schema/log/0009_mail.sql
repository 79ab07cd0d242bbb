-- E-mail that was imported, and what it proposes: state of this node that is no event.

CREATE TABLE mail_message (
	id TEXT PRIMARY KEY,
	sha256 BYTEA NOT NULL UNIQUE, -- of the message as it came
	bytes BIGINT NOT NULL,
	state TEXT NOT NULL, -- new, joined, dropped, sent
	format TEXT NOT NULL,
	message_id TEXT,
	sender TEXT,
	addressee TEXT,
	subject TEXT,
	legal_basis TEXT,
	sent_us BIGINT NOT NULL, -- its own date, 0: none
	source TEXT,		 -- the file it came from, and where in it
	notes TEXT NOT NULL,	 -- JSON
	thread TEXT NOT NULL,
	casefile TEXT,
	imported_us BIGINT NOT NULL,
	imported_by TEXT NOT NULL
);
CREATE INDEX mail_message_state ON mail_message (state, id);
CREATE INDEX mail_message_own ON mail_message (message_id);
CREATE INDEX mail_message_thread ON mail_message (thread);
CREATE INDEX mail_message_case ON mail_message (casefile);

-- The bytes as they came, until somebody drops the message.
CREATE TABLE mail_raw (
	sha256 BYTEA PRIMARY KEY,
	raw BYTEA NOT NULL
);

-- What a message answers to; of messages that are not here as well.
CREATE TABLE mail_ref (
	ref TEXT NOT NULL,
	mail TEXT NOT NULL,
	PRIMARY KEY (ref, mail)
);
CREATE INDEX mail_ref_mail ON mail_ref (mail);

CREATE TABLE mail_proposal (
	mail TEXT NOT NULL,
	n BIGINT NOT NULL, -- from 1
	state TEXT NOT NULL, -- proposed, aside (in a joined message), dropped, sent
	kind TEXT NOT NULL,
	given TEXT NOT NULL,
	normal TEXT NOT NULL,
	nf BYTEA NOT NULL,
	category TEXT,
	description TEXT,
	found_us BIGINT NOT NULL,
	place TEXT NOT NULL, -- JSON
	reference TEXT,	     -- of the notice that it was sent in
	casefile TEXT,
	decided_by TEXT,
	PRIMARY KEY (mail, n)
);
CREATE INDEX mail_proposal_nf ON mail_proposal (nf);
CREATE INDEX mail_proposal_reference ON mail_proposal (reference);

-- How many bytes mail_raw holds: one row.
CREATE TABLE mail_total (
	one BIGINT PRIMARY KEY,
	bytes BIGINT NOT NULL
);
INSERT INTO mail_total (one, bytes)
VALUES (1, 0);
