-- access_page_object: records of one object, by one person when $4 is not empty
-- $1 before this number
-- $2 from this number on
-- $3 limit
-- $4 pseudonym
-- $5 object
SELECT a.seq, a.at_us, a.who, p.name, a.via, a.address, a.method, a.route, a.object, a.outcome
FROM access a LEFT JOIN person p ON p.pseudonym = a.who
WHERE a.object = $5 AND ($4 = '' OR a.who = $4) AND a.seq < $1 AND a.seq >= $2
ORDER BY a.seq DESC
LIMIT $3;
