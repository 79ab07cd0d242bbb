-- v_contact_all: for the digest
SELECT channel, party, i, role, ord, languages, hours, name, reach, note
FROM v_contact
ORDER BY channel, party, i;
