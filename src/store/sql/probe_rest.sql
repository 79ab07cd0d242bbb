-- probe_rest: rows of a zone in their order, from one on: those that are not new have their turn
-- $1 zone
-- $2 after this owner
-- $3 limit
SELECT owner, action, order_id, 0, 0, action
FROM zone_row
WHERE zone = $1 AND layer = 0 AND owner > $2
ORDER BY owner
LIMIT $3;
