-- disclosure_get: a disclosure, NULL when erased
-- $1 digest
SELECT body
FROM log_disclosure
WHERE digest = $1;
