-- operators_of_territory: operators that have such a zone
-- $1 territory
SELECT count(*)
FROM operator o
JOIN zone z ON z.name = o.zone
WHERE z.territory = $1;
