-- v_retired_all: every row of v_retired in a fixed order, for comparing rebuilds
SELECT channel, seq, operator, resolver, vantage, author, reason, at_us
FROM v_retired
ORDER BY channel, seq;
