-- webhook_insert: a webhook, from an event of the feed on
-- $1 webhook
-- $2 url
-- $3 types
-- $4 secret
-- $5 after this event, stored_us
-- $6 now, us
-- $7 who
INSERT INTO webhook (webhook, url, types, secret, old_secret, old_until_us, active, feed_us,
		     part, again_us, again_part, attempts, next_us, failing_us, reason,
		     delivered, added_us, added_by)
VALUES ($1, $2, $3, $4, NULL, 0, 1, $5, 0, 0, 0, 0, 0, 0, '', 0, $6, $7);
