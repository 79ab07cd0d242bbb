-- receipt_insert: a cosignature; RC_CONFLICT when that size has one
-- $1 channel
-- $2 party whose log it covers
-- $3 size
-- $4 root
-- $5 time of the cosignature, s
-- $6 signed checkpoint
-- $7 cosignature line
-- $8 now, us
INSERT INTO log_receipt (channel, party, size, root, time_s, note, line, added_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
