-- person_pseudonym: of a name, of a pseudonym itself, or of the node's pages
-- $1 name or pseudonym
SELECT pseudonym
FROM person
WHERE name = $1 OR pseudonym = $1
UNION ALL
SELECT $1
WHERE $1 = 'page' OR $1 = 'node'
LIMIT 1;
