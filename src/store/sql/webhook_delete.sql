-- webhook_delete: a webhook is no more
-- $1 webhook
DELETE FROM webhook WHERE webhook = $1;
