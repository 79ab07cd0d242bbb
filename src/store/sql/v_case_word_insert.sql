-- v_case_word_insert: a word by which a case is found
-- $1 case
-- $2 word
INSERT INTO v_case_word (casefile, word) VALUES ($1, $2)
ON CONFLICT (casefile, word) DO NOTHING;
