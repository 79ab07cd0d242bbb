-- contact_set_seq: the directory of a side that counts
-- $1 channel
-- $2 party
SELECT seq
FROM v_contact_set
WHERE channel = $1 AND party = $2;
