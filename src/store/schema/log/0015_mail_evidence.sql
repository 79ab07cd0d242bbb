-- E-mail given as evidence, dropped e-mail that is forgotten in time, and disclosures that
-- one event names and no other.

CREATE TABLE mail_evidence (
	mail TEXT NOT NULL,
	casefile TEXT NOT NULL,
	upload TEXT NOT NULL, -- evidence_out
	PRIMARY KEY (mail, casefile)
);
CREATE INDEX mail_evidence_upload ON mail_evidence (upload);

ALTER TABLE mail_message ADD COLUMN dropped_us BIGINT NOT NULL DEFAULT 0;
UPDATE mail_message SET dropped_us = imported_us WHERE state = 'dropped';
CREATE INDEX mail_message_dropped ON mail_message (state, dropped_us);

ALTER TABLE log_disclosure ADD COLUMN named BIGINT NOT NULL DEFAULT 0; -- 1: by an event
