-- zone_row_stands: is there a row of that owner
-- $1 zone
-- $2 layer
-- $3 owner, from the root on
SELECT 1
FROM zone_row
WHERE zone = $1 AND layer = $2 AND owner = $3;
