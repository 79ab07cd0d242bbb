-- head_signed: the pending head of a peer is whole here
-- $1 channel
-- $2 party
UPDATE log_head
SET signed_size = pending_size, signed_root = pending_root, signed_note = pending_note
WHERE channel = $1 AND party = $2;
