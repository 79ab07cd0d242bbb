-- zone_went: names that went from a zone since a time
-- $1 zone
-- $2 since, us
SELECT count(*)
FROM zone_change
WHERE at_us > $2 AND zone = $1 AND layer = 0 AND new IS NULL AND owner NOT LIKE '%.*';
