-- v_clarify_all: every row of v_clarify in a fixed order, for comparing rebuilds
SELECT casefile, seq, act, author, body, items, iat_us, answer_seq, answer_author, answer,
       answer_iat_us
FROM v_clarify
ORDER BY casefile, seq;
