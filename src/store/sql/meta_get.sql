-- meta_get: the value (text) of a fact about the store, or no row
-- $1 key
SELECT value FROM meta WHERE key = $1;
