-- disclosure_name: an event names a disclosure; no row: another one does
-- $1 digest
UPDATE log_disclosure
SET named = 1
WHERE digest = $1 AND named = 0;
