-- person_by_name: an active person
-- $1 name
SELECT name, pseudonym, role, password
FROM person
WHERE name = $1 AND active = 1;
