-- receipt_exists: whether a size has a cosignature
-- $1 channel
-- $2 party
-- $3 size
SELECT 1
FROM log_receipt
WHERE channel = $1 AND party = $2 AND size = $3;
