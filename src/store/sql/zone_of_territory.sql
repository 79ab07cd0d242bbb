-- zone_of_territory: zones in which orders for a territory stand
-- $1 territory
SELECT count(*)
FROM zone
WHERE territory = $1;
