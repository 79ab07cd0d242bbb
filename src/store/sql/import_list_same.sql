-- import_list_same: a person's list of the same bytes
-- $1 author
-- $2 SHA-256
-- $3 bytes
SELECT id
FROM import_list
WHERE author = $1 AND sha256 = $2 AND bytes = $3
ORDER BY made_us DESC
LIMIT 1;
