-- import_list_beyond: the newest of a person's lists that is one too many
-- $1 author
-- $2 how many may stay
SELECT id
FROM import_list
WHERE author = $1
ORDER BY made_us DESC, id DESC
LIMIT 1 OFFSET $2;
