-- v_case_category_all: every row of v_case_category in a fixed order, for comparing rebuilds
SELECT casefile, category, items FROM v_case_category ORDER BY casefile, category;
