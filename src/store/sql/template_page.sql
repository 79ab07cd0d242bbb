-- template_page: the newest version of each template from a cursor on
-- $1 name of the cursor
-- $2 kind, or null for all
-- $3 limit
SELECT t.name, t.version, t.kind, t.language, t.body, t.author, t.at_us
FROM template t
WHERE t.name > $1
  AND t.version = (SELECT max(n.version) FROM template n WHERE n.name = t.name)
  AND (t.kind = $2 OR $2 IS NULL)
ORDER BY t.name
LIMIT $3;
