-- receipt_nth: the size that the n-th newest cosignature covers
-- $1 channel
-- $2 party
-- $3 n, from 0
SELECT size
FROM log_receipt
WHERE channel = $1 AND party = $2
ORDER BY size DESC
LIMIT 1 OFFSET $3;
