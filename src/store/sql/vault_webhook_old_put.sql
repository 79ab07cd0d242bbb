-- vault_webhook_old_put: as vault_webhook_put, the one that is being replaced
-- $1 webhook
-- $2 sealed secret
UPDATE webhook
SET old_secret = $2
WHERE webhook = $1;
