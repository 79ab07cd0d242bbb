-- import_list_own: a person's lists that are not sent yet
-- $1 author
SELECT id, name, sha256, bytes, got, made_us
FROM import_list
WHERE author = $1
ORDER BY made_us DESC, id DESC;
