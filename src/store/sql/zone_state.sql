-- zone_state: a number that rises whenever a zone moves
SELECT coalesce(sum(serial + hot_serial + base_serial), 0)
FROM zone;
