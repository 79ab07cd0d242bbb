-- receipt_last: the newest cosignature
-- $1 channel
-- $2 party
SELECT size, root, time_s, note, line
FROM log_receipt
WHERE channel = $1 AND party = $2
ORDER BY size DESC
LIMIT 1;
