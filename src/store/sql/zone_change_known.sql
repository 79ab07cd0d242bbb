-- zone_change_known: did a layer have that serial
-- $1 zone
-- $2 layer
-- $3 serial
SELECT 1
FROM zone_change
WHERE zone = $1 AND layer = $2 AND serial = $3
LIMIT 1;
