-- zone_changed: names that appeared in the zone or went since a time
-- $1 since, us
SELECT count(*)
FROM v_zone_change
WHERE at_us > $1 AND owner NOT LIKE '*.%';
