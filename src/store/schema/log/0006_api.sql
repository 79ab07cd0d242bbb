-- Requests under an Idempotency-Key, with their answers.

CREATE TABLE idempotency (
	id BYTEA PRIMARY KEY, -- hash of who and key
	digest BYTEA NOT NULL, -- of the request
	answer BYTEA, -- sealed under the key; NULL: it was not kept
	made_us BIGINT NOT NULL
);
CREATE INDEX idempotency_made ON idempotency (made_us);
