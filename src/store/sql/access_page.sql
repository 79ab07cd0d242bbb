-- access_page: records, newest first
-- $1 before this number
-- $2 from this number on
-- $3 limit
-- $4 whether only acts, no reading: 0 or 1
SELECT a.seq, a.at_us, a.who, p.name, a.via, a.address, a.method, a.route, a.object, a.outcome
FROM access a LEFT JOIN person p ON p.pseudonym = a.who
WHERE a.seq < $1 AND a.seq >= $2
  AND (CAST($4 AS BIGINT) = 0 OR (a.method <> 'GET' AND a.route <> '/v1/cases/{case}/presence'))
ORDER BY a.seq DESC
LIMIT $3;
