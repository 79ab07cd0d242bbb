-- v_rekey_all: every row of v_rekey in a fixed order, for comparing rebuilds
SELECT channel, party, seq, n, had FROM v_rekey ORDER BY channel, party, seq;
