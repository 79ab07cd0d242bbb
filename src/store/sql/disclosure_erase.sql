-- disclosure_erase: leave the tombstone of a disclosure
-- $1 digest
UPDATE log_disclosure
SET body = NULL
WHERE digest = $1 AND body IS NOT NULL;
