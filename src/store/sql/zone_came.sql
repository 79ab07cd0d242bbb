-- zone_came: names that appeared in a zone since a time
-- $1 zone
-- $2 since, us
SELECT count(*)
FROM zone_change
WHERE at_us > $2 AND zone = $1 AND layer = 0 AND old IS NULL AND owner NOT LIKE '%.*';
