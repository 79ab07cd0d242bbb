-- v_case_listed_get: rows of a list that did not become items
-- $1 case
SELECT duplicate, refused
FROM v_case_listed
WHERE casefile = $1;
