-- person_role: another role
-- $1 name
-- $2 role
UPDATE person
SET role = $2
WHERE name = $1 AND active = 1;
