-- presence_list: who has looked at a case since some time, but for one
-- $1 case
-- $2 time, us
-- $3 pseudonym of the one
-- $4 at most
SELECT p.name, s.seen_us
FROM presence s
JOIN person p ON p.pseudonym = s.person
WHERE s.casefile = $1 AND s.seen_us >= $2 AND s.person <> $3
ORDER BY p.name
LIMIT $4;
