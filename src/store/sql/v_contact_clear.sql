-- v_contact_clear: the contacts of the directory before
-- $1 channel
-- $2 party
DELETE FROM v_contact WHERE channel = $1 AND party = $2;
