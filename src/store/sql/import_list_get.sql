-- import_list_get: a list of a person
-- $1 id
-- $2 author
SELECT bytes, got, sha256, name
FROM import_list
WHERE id = $1 AND author = $2;
