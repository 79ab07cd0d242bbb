-- meta_put: set a fact about the store, new or known
-- $1 key  $2 value
INSERT INTO meta (key, value)
VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
