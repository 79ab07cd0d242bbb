-- template_insert: a template, as the next version of its name
-- $1 name
-- $2 kind
-- $3 language
-- $4 text
-- $5 author
-- $6 now, us
INSERT INTO template (name, version, kind, language, body, author, at_us)
SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6
FROM template
WHERE name = $1
RETURNING version;
