-- v_item_all: every row of v_item in a fixed order, for comparing rebuilds
SELECT casefile, i, kind, category, nf, given, normal, host, description, outcome,
       ground, reason, decided_us, decided_seq
FROM v_item
ORDER BY casefile, i;
