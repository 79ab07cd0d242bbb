-- v_tally_all: every row of v_tally in a fixed order, for comparing rebuilds
SELECT what, n FROM v_tally WHERE n <> 0 ORDER BY what;
