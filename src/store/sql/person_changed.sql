-- person_changed: who did something about a person last
-- $1 name
-- $2 now, us
-- $3 by
UPDATE person SET changed_us = $2, changed_by = $3 WHERE name = $1;
