-- step_looked: the next step of a case is prepared
-- $1 case
UPDATE v_step
SET prepared = 1
WHERE casefile = $1;
