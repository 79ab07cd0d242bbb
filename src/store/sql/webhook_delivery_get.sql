-- webhook_delivery_get: what one attempt handed over
-- $1 webhook
-- $2 number
SELECT feed_us, part FROM webhook_delivery WHERE webhook = $1 AND n = $2;
