-- person_acts: may a person still act
-- $1 pseudonym
SELECT count(*)
FROM person
WHERE pseudonym = $1 AND active = 1;
