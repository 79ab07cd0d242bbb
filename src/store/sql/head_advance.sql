-- head_advance: fence and advance: no row changes when another writer was here
-- $1 channel
-- $2 party
-- $3 size before
-- $4 root before
-- $5 new size
-- $6 new root
-- $7 iat of the last event, us
UPDATE log_head
SET size = $5, root = $6, last_iat_us = $7
WHERE channel = $1 AND party = $2 AND size = $3 AND root = $4;
