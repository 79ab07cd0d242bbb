-- v_scrutiny_all: every row of v_scrutiny in a fixed order, for comparing rebuilds
SELECT casefile, near_us, due_us
FROM v_scrutiny
ORDER BY casefile;
