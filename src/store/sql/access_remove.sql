-- access_remove: what is past its retention
-- $1 number of the last one
DELETE FROM access
WHERE seq <= $1;
