-- case_clarify: the questions of a case, as they came
-- $1 case
SELECT seq, act, author, body, items, iat_us, answer_seq, answer_author, answer,
       answer_iat_us
FROM v_clarify
WHERE casefile = $1
ORDER BY seq;
