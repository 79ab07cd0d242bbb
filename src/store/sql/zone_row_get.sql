-- zone_row_get: a row of a zone
-- $1 zone
-- $2 layer
-- $3 owner, from the root on
SELECT action, order_id
FROM zone_row
WHERE zone = $1 AND layer = $2 AND owner = $3;
