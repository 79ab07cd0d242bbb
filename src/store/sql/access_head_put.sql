-- access_head_put: it went on
-- $1 number of the next one
-- $2 digest of the last one
UPDATE access_head
SET seq = $1, digest = $2
WHERE id = 1;
