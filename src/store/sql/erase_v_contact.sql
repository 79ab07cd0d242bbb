-- erase_v_contact: names and numbers of a directory, where it is the one that counts
-- $1 channel
-- $2 party
-- $3 seq
UPDATE v_contact
SET name = NULL, reach = NULL, note = NULL
WHERE channel = $1 AND party = $2
      AND EXISTS (SELECT 1 FROM v_contact_set AS s
                  WHERE s.channel = $1 AND s.party = $2 AND s.seq = $3);
