-- v_contact_insert: one contact
-- $1 channel
-- $2 party
-- $3 place in the event
-- $4 role
-- $5 order
-- $6 languages, JSON
-- $7 hours, JSON or null
-- $8 name
-- $9 reach
-- $10 note
INSERT INTO v_contact (channel, party, i, role, ord, languages, hours, name, reach, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
