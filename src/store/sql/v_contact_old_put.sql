-- v_contact_old_put: the directory that counts is about to be replaced; one that says nothing is left out
-- $1 channel
-- $2 party
-- $3 seq of the new one
INSERT INTO v_contact_old (channel, party, seq, by_seq)
SELECT s.channel, s.party, s.seq, $3
FROM v_contact_set AS s
WHERE s.channel = $1 AND s.party = $2
      AND EXISTS (SELECT 1 FROM v_contact AS c
                  WHERE c.channel = $1 AND c.party = $2 AND c.name IS NOT NULL);
