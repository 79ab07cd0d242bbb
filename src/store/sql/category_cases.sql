-- category_cases: how many cases have a category, counted to a limit
-- $1 category
-- $2 limit
SELECT count(*) FROM (SELECT 1 AS one FROM v_case_category WHERE category = $1 LIMIT $2) few;
