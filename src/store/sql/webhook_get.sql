-- webhook_get: one webhook as its sender needs it
-- $1 webhook
SELECT url, types, secret, old_secret, old_until_us, active, feed_us, part, again_us,
       again_part, attempts, next_us, failing_us, delivered
FROM webhook
WHERE webhook = $1;
