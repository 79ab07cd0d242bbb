-- person_active: pseudonym and role of an active person
-- $1 name
SELECT pseudonym, role FROM person WHERE name = $1 AND active = 1;
