-- claim_get: who works on a case
-- $1 case
SELECT k.person, p.name, k.at_us
FROM claim k
LEFT JOIN person p ON p.pseudonym = k.person
WHERE k.casefile = $1;
