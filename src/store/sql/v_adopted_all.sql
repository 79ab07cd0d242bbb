-- v_adopted_all: every row of v_adopted in a fixed order, for comparing rebuilds
SELECT channel, party, seq, size, time_us, heard_us, acked, acked_us
FROM v_adopted
ORDER BY channel, party, seq;
