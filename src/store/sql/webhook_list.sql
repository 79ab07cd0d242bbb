-- webhook_list: webhooks without their secrets
-- $1 newest event, stored_us
SELECT webhook, url, types, active, feed_us, CASE WHEN feed_us < $1 THEN 1 ELSE 0 END,
       attempts, CASE WHEN attempts = 0 THEN 0 ELSE next_us END, failing_us, reason, delivered,
       old_until_us, added_us, added_by
FROM webhook
ORDER BY webhook;
