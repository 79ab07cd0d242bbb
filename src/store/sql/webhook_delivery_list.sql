-- webhook_delivery_list: attempts, the newest first
-- $1 webhook
-- $2 before this number
-- $3 limit
SELECT n, message, type, feed_us, part, attempt, status, reason, at_us, took_us
FROM webhook_delivery
WHERE webhook = $1 AND n < $2
ORDER BY n DESC
LIMIT $3;
