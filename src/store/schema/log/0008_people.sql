-- How people prove who they are, what keeps others from guessing, and who saw what.

CREATE TABLE token (
	id TEXT PRIMARY KEY, -- for people; says nothing of the secret
	person TEXT NOT NULL,
	label TEXT NOT NULL,
	sha256 BYTEA NOT NULL UNIQUE,
	scopes TEXT NOT NULL, -- by spaces; "*": whatever the person may
	added_us BIGINT NOT NULL,
	expires_us BIGINT NOT NULL, -- 0: never
	used_us BIGINT NOT NULL,
	revoked_us BIGINT NOT NULL -- 0: good
);
CREATE INDEX token_person ON token (person, id);
INSERT INTO token (id, person, label, sha256, scopes, added_us, expires_us, used_us, revoked_us)
SELECT 't-' || substr(pseudonym, 3), name, 'credential', token_sha256, '*', added_us, 0, 0, 0
FROM person
WHERE token_sha256 IS NOT NULL;
UPDATE person SET token_sha256 = NULL;

ALTER TABLE person ADD COLUMN totp_secret BYTEA;  -- NULL: not enrolled
ALTER TABLE person ADD COLUMN totp_pending BYTEA; -- shown, not confirmed yet
ALTER TABLE person ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0; -- the newest one used
ALTER TABLE person ADD COLUMN password_us BIGINT NOT NULL DEFAULT 0;

CREATE TABLE recovery_code (
	person TEXT NOT NULL,
	sha256 BYTEA NOT NULL,
	PRIMARY KEY (person, sha256)
);

CREATE TABLE session (
	id TEXT PRIMARY KEY,
	person TEXT NOT NULL,
	sha256 BYTEA NOT NULL UNIQUE,
	address TEXT NOT NULL,
	made_us BIGINT NOT NULL,
	seen_us BIGINT NOT NULL,
	expires_us BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person, id);

CREATE TABLE welcome (
	sha256 BYTEA PRIMARY KEY,
	person TEXT NOT NULL,
	made_by TEXT NOT NULL,
	made_us BIGINT NOT NULL,
	expires_us BIGINT NOT NULL
);
CREATE INDEX welcome_person ON welcome (person);

CREATE TABLE lockout (
	key TEXT PRIMARY KEY, -- digest of a name, an address or both
	failures BIGINT NOT NULL,
	last_us BIGINT NOT NULL,
	until_us BIGINT NOT NULL
);
CREATE INDEX lockout_last ON lockout (last_us);

-- Who saw and did what.  Each digest covers the row and the digest before it.
CREATE TABLE access (
	seq BIGINT PRIMARY KEY,
	at_us BIGINT NOT NULL,
	who TEXT NOT NULL, -- pseudonym
	via TEXT NOT NULL, -- id of a token or session
	address TEXT NOT NULL,
	method TEXT NOT NULL,
	route TEXT NOT NULL,
	object TEXT NOT NULL,
	outcome TEXT NOT NULL,
	digest BYTEA NOT NULL
);
CREATE INDEX access_who ON access (who, seq);
CREATE INDEX access_object ON access (object, seq);
CREATE INDEX access_at ON access (at_us);
CREATE TABLE access_head (
	id BIGINT PRIMARY KEY, -- one row
	seq BIGINT NOT NULL,   -- of the next one
	digest BYTEA NOT NULL, -- of the last one
	kept_from BIGINT NOT NULL, -- older ones are past their retention
	kept_digest BYTEA NOT NULL -- of the last one that is not kept
);
INSERT INTO access_head (id, seq, digest, kept_from, kept_digest) VALUES (1, 0, '', 0, '');
