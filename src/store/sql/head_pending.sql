-- head_pending: a newer signed checkpoint of a peer, not yet filled
-- $1 channel
-- $2 party
-- $3 size
-- $4 root
-- $5 note
UPDATE log_head
SET pending_size = $3, pending_root = $4, pending_note = $5
WHERE channel = $1 AND party = $2;
