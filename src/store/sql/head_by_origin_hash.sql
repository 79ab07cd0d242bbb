-- head_by_origin_hash: where a log stands, by the hash of its origin
-- $1 hex SHA-256 of the origin
SELECT channel, party, origin, size, root, last_iat_us, pending_size, pending_root,
       pending_note, signed_size, signed_root, signed_note
FROM log_head
WHERE origin_sha256 = $1;
