-- v_reinstated_all: every row of v_reinstated in a fixed order, for comparing rebuilds
SELECT channel, party, seq, n
FROM v_reinstated
ORDER BY channel, party, seq;
