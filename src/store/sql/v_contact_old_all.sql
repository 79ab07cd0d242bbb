-- v_contact_old_all: every row of v_contact_old in a fixed order, for comparing rebuilds
SELECT channel, party, seq, by_seq
FROM v_contact_old
ORDER BY channel, party, seq;
