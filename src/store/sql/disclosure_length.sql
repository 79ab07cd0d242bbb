-- disclosure_length: bytes of a disclosure, 0 for its tombstone; no row: it never came
-- $1 digest
SELECT coalesce(length(body), 0)
FROM log_disclosure
WHERE digest = $1;
