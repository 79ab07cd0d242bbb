-- v_case_listed_all: every row of v_case_listed in a fixed order, for comparing rebuilds
SELECT casefile, duplicate, refused
FROM v_case_listed
ORDER BY casefile;
