-- zone_row_below: rows of both layers below a name
-- $1 zone
-- $2 the name from the root on, and "."
-- $3 the first that sorts behind all of them
SELECT DISTINCT owner
FROM zone_row
WHERE zone = $1 AND layer IN (0, 1) AND owner > $2 AND owner < $3
ORDER BY owner;
