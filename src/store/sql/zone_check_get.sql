-- zone_check_get: what a checker said last
-- $1 zone
-- $2 path
-- $3 scope
SELECT serial, verdict, version, refused, at_us
FROM zone_check
WHERE zone = $1 AND path = $2 AND scope = $3;
