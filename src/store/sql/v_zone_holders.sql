-- v_zone_holders: how many orders hold an owner
-- $1 owner
SELECT count(*)
FROM v_zone
WHERE owner = $1;
