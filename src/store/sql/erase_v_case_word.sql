-- erase_v_case_word: the words by which a case is found
-- $1 case
DELETE FROM v_case_word
WHERE casefile = $1;
