-- v_clock_all: every row of v_clock in a fixed order, for comparing rebuilds
SELECT channel, party, seq, casefile
FROM v_clock
ORDER BY channel, party, seq;
