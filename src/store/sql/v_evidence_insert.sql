-- v_evidence_insert: a file that an event names
-- $1 channel
-- $2 party
-- $3 seq
-- $4 which file of the event
-- $5 case
-- $6 SHA-256 of the ciphertext
-- $7 bytes of the ciphertext
-- $8 commitment to the plaintext
-- $9 name
-- $10 media type
-- $11 description
-- $12 author
-- $13 iat, us
INSERT INTO v_evidence (channel, party, seq, n, casefile, sha256, len, pt_commit, name,
	media_type, description, author, iat_us, rejected_us, rejected, erased0_us, erased1_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, NULL, 0, 0);
