-- zone_state: a number that rises whenever a zone moves, or an old copy's are given out
SELECT coalesce(sum(serial + hot_serial + base_serial), 0) + (SELECT count(*) FROM zone_old)
FROM zone;
