-- v_contact_set_all: for the digest
SELECT channel, party, version, seq, author, at_us
FROM v_contact_set
ORDER BY channel, party;
