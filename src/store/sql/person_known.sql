-- person_known: 1 when there is a person of that name, withdrawn or not
-- $1 name
SELECT count(*) FROM person WHERE name = $1;
