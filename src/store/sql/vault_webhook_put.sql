-- vault_webhook_put: the secret of a webhook, sealed now
-- $1 webhook
-- $2 sealed secret
UPDATE webhook
SET secret = $2
WHERE webhook = $1;
