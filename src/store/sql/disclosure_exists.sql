-- disclosure_exists: whether a disclosure or its tombstone is here
-- $1 digest
SELECT 1
FROM log_disclosure
WHERE digest = $1;
