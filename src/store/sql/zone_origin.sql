-- zone_origin: the name under which a zone is served
-- $1 zone
-- $2 origin
UPDATE zone
SET origin = $2
WHERE name = $1 AND origin <> $2;
