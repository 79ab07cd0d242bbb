-- person_lock: a person is let in no more, or again
-- $1 name
-- $2 active as it shall be: 2 locked, 1 not
-- $3 as it must be
UPDATE person SET active = $2 WHERE name = $1 AND active = $3;
