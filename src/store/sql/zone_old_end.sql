-- zone_old_end: the store is no old copy any more
DELETE FROM zone_old;
