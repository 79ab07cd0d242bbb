-- vault_webhook_old_all: secrets of webhooks that are being replaced, sealed or not
SELECT webhook, old_secret
FROM webhook
WHERE old_secret IS NOT NULL;
