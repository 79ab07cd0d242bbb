-- head_insert: an empty log
-- $1 channel
-- $2 party
-- $3 origin
-- $4 hex SHA-256 of the origin
-- $5 empty root
INSERT INTO log_head (channel, party, origin, origin_sha256, size, root, last_iat_us, pending_size,
	pending_root, pending_note, signed_size, signed_root, signed_note)
VALUES ($1, $2, $3, $4, 0, $5, 0, 0, $5, '', 0, $5, '');
