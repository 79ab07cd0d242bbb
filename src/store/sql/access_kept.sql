-- access_kept: rows up to this one are no longer kept; its digest is where the rest begins
-- $1 number
UPDATE access_head
SET kept_from = CAST($1 AS BIGINT) + 1, kept_digest = (SELECT digest FROM access WHERE seq = $1)
WHERE id = 1;
