-- v_case_tally_all: for the digest
SELECT casefile, category, kind, n FROM v_case_tally ORDER BY casefile, category, kind;
