-- tally_list: the sums over all cases
SELECT what, n FROM v_tally;
