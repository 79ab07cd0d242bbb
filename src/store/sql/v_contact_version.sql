-- v_contact_version: of the newest directory of a side
-- $1 channel
-- $2 party
SELECT version FROM v_contact_set WHERE channel = $1 AND party = $2;
