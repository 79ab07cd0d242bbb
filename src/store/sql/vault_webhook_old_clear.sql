-- vault_webhook_old_clear: as vault_webhook_clear, those that are being replaced
SELECT webhook, old_secret
FROM webhook
WHERE old_secret LIKE 'whsec_%';
