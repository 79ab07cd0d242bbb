-- template_show: the newest version of a template
-- $1 name
SELECT name, version, kind, language, body, author, at_us
FROM template
WHERE name = $1
ORDER BY version DESC
LIMIT 1;
