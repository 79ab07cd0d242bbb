-- evidence_out_insert: a person gives a file
-- $1 upload
-- $2 channel
-- $3 case
-- $4 author
-- $5 name
-- $6 media type
-- $7 description
-- $8 bytes
-- $9 now, us
INSERT INTO evidence_out (id, channel, casefile, author, name, media_type, description, len,
	state, sha256, sealed_len, pt_commit, seq, reason, attempts, next_us, made_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'receiving', NULL, 0, NULL, -1, NULL, 0, 0, $9);
