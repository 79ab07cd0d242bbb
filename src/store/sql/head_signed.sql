-- head_signed: a head that the peer signed is whole here; the pending one may be newer
-- $1 channel  $2 party  $3 size  $4 root  $5 note
UPDATE log_head
SET signed_size = $3, signed_root = $4, signed_note = $5
WHERE channel = $1 AND party = $2;
