-- head_get: where a log stands
-- $1 channel
-- $2 party
SELECT channel, party, origin, size, root, last_iat_us, pending_size, pending_root,
       pending_note, signed_size, signed_root, signed_note
FROM log_head
WHERE channel = $1 AND party = $2;
