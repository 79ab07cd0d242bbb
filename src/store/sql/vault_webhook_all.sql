-- vault_webhook_all: secrets of webhooks, sealed or not
SELECT webhook, secret
FROM webhook;
