-- contact_list: the directory of a side
-- $1 channel
-- $2 party
SELECT role, ord, languages, hours, name, reach, note
FROM v_contact
WHERE channel = $1 AND party = $2
ORDER BY i;
