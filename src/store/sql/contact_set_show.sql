-- contact_set_show: which directory a side has published
-- $1 channel
-- $2 party
SELECT version, author, at_us FROM v_contact_set WHERE channel = $1 AND party = $2;
