-- scrutiny_told: people were told
-- $1 case
-- $2 what: 1 that it is near, 2 all
UPDATE v_scrutiny SET told = $2 WHERE casefile = $1;
