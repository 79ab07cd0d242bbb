-- word_cases: how many cases have a word, counted to a limit
-- $1 the word
-- $2 its end
-- $3 limit
SELECT count(*) FROM (SELECT 1 AS one FROM v_case_word WHERE word >= $1 AND word < $2 LIMIT $3) few;
