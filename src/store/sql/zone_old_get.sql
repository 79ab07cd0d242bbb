-- zone_old_get: how often a person let an old copy's zones out
SELECT count(*)
FROM zone_old;
