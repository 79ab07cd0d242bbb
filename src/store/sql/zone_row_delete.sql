-- zone_row_delete: a row goes
-- $1 zone
-- $2 layer
-- $3 owner, from the root on
DELETE FROM zone_row
WHERE zone = $1 AND layer = $2 AND owner = $3;
