-- v_case_decided_all: every row of v_case_decided in a fixed order, for comparing rebuilds
SELECT casefile, seq, n
FROM v_case_decided
ORDER BY casefile, seq;
