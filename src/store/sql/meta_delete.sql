-- meta_delete: forget a fact about the store
-- $1 key
DELETE FROM meta
WHERE key = $1;
