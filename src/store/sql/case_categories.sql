-- case_categories: categories of the items of a case
-- $1 case
SELECT DISTINCT category
FROM v_case_tally
WHERE casefile = $1
ORDER BY category;
