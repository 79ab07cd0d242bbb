-- zone_row_all: the rows of a layer in the order of their owners
-- $1 zone
-- $2 layer
SELECT owner, action, order_id
FROM zone_row
WHERE zone = $1 AND layer = $2
ORDER BY owner;
