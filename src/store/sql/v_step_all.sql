-- v_step_all: every row of v_step in a fixed order, for comparing rebuilds
SELECT casefile, step, step_us
FROM v_step
ORDER BY casefile;
