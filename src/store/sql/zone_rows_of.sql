-- zone_rows_of: how many rows a zone has
-- $1 name
SELECT n_rows
FROM zone
WHERE name = $1;
