-- claim_put: who works on a case from now on
-- $1 case
-- $2 pseudonym
-- $3 pseudonym of whoever says so
-- $4 when, us
INSERT INTO claim (casefile, person, by_person, at_us) VALUES ($1, $2, $3, $4)
ON CONFLICT (casefile) DO UPDATE SET
	person = excluded.person, by_person = excluded.by_person, at_us = excluded.at_us;
