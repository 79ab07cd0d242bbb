-- v_operator_talk_all: every row of v_operator_talk in a fixed order, for comparing rebuilds
SELECT channel, seq, operator, kind, step, via, author, body, at_us
FROM v_operator_talk
ORDER BY channel, seq;
