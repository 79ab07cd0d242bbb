-- v_applied_all: every row of v_applied in a fixed order, for comparing rebuilds
SELECT channel, seq, operator, serial, author, at_us
FROM v_applied
ORDER BY channel, seq;
