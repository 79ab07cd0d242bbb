-- v_contact_old_delete: the texts of a directory that was replaced are erased
-- $1 channel
-- $2 party
-- $3 seq
DELETE FROM v_contact_old WHERE channel = $1 AND party = $2 AND seq = $3;
