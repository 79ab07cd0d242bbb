-- presence_put: a person looks at a case
-- $1 case
-- $2 pseudonym
-- $3 when, us
INSERT INTO presence (casefile, person, seen_us) VALUES ($1, $2, $3)
ON CONFLICT (casefile, person) DO UPDATE SET seen_us = excluded.seen_us;
