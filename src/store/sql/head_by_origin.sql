-- head_by_origin: where a log stands, by its origin
-- $1 origin
SELECT channel, party, origin, size, root, last_iat_us, pending_size, pending_root,
       pending_note, signed_size, signed_root, signed_note
FROM log_head
WHERE origin = $1;
