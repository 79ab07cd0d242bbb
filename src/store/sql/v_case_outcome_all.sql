-- v_case_outcome_all: for the digest
SELECT casefile, outcome, ground, n FROM v_case_outcome ORDER BY casefile, outcome, ground;
