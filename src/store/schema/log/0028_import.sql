-- Lists that officers bring in, from the first byte until they are sent as a notice.

CREATE TABLE import_list (
	id TEXT PRIMARY KEY,
	author TEXT NOT NULL,  -- pseudonym: nobody else sees it
	name TEXT NOT NULL,    -- of the file that it was made of
	sha256 BYTEA NOT NULL, -- of the whole, as it was announced
	bytes BIGINT NOT NULL,
	got BIGINT NOT NULL, -- bytes that are here
	made_us BIGINT NOT NULL
);
CREATE INDEX import_list_author ON import_list (author, made_us);
CREATE INDEX import_list_made ON import_list (made_us);

CREATE TABLE import_part (
	list TEXT NOT NULL,
	at BIGINT NOT NULL, -- its first byte
	data BYTEA NOT NULL,
	PRIMARY KEY (list, at)
);

-- Which file a notice was made of: whoever brings the same again is told.
CREATE TABLE import_file (
	casefile TEXT PRIMARY KEY,
	sha256 BYTEA NOT NULL, -- of the file as it was chosen
	name TEXT,
	author TEXT NOT NULL, -- a name
	sent_us BIGINT NOT NULL
);
CREATE INDEX import_file_sha256 ON import_file (sha256, sent_us);
