-- webhook_due: active webhooks whose time to send has come, and when the others' comes
SELECT webhook, next_us
FROM webhook
WHERE active = 1
ORDER BY next_us, webhook;
