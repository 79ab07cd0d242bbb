-- webhook_delivery_delete: its deliveries up to a number
-- $1 webhook
-- $2 number
DELETE FROM webhook_delivery WHERE webhook = $1 AND n <= $2;
