-- receipt_covering: the oldest cosignature that covers a leaf
-- $1 channel
-- $2 party
-- $3 seq
SELECT size, root, time_s, note, line
FROM log_receipt
WHERE channel = $1 AND party = $2 AND size > $3
ORDER BY size
LIMIT 1;
