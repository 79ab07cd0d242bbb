-- vault_webhook_clear: secrets of webhooks that are kept in clear
SELECT webhook, secret
FROM webhook
WHERE secret LIKE 'whsec_%';
