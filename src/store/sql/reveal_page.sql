-- reveal_page: who had what shown, the newest first
-- $1 before this id, or null
-- $2 limit
-- $3 person, or null
-- $4 case, or null
SELECT r.id, r.at_us, r.person, p.name, r.casefile, r.sha256, r.stage, r.reason
FROM reveal r LEFT JOIN person p ON p.pseudonym = r.person
WHERE (CAST($1 AS TEXT) IS NULL OR r.id < $1) AND (CAST($3 AS TEXT) IS NULL OR r.person = $3)
  AND (CAST($4 AS TEXT) IS NULL OR r.casefile = $4)
ORDER BY r.id DESC
LIMIT $2;
