-- webhook_delivery_insert: an attempt
-- $1 webhook
-- $2 number
-- $3 message
-- $4 type
-- $5 event, stored_us
-- $6 part
-- $7 attempt
-- $8 status
-- $9 reason
-- $10 at, us
-- $11 took, us
INSERT INTO webhook_delivery (webhook, n, message, type, feed_us, part, attempt, status,
			      reason, at_us, took_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);
