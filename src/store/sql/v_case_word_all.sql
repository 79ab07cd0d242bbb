-- v_case_word_all: every row of v_case_word in a fixed order, for comparing rebuilds
SELECT casefile, word FROM v_case_word ORDER BY casefile, word;
