-- receipt_range: cosignatures by size
-- $1 channel
-- $2 party
-- $3 above this size
-- $4 up to this size
SELECT size, root, time_s, note, line
FROM log_receipt
WHERE channel = $1 AND party = $2 AND size > $3 AND size <= $4
ORDER BY size;
