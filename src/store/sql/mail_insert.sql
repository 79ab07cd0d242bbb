-- mail_insert: a message that was imported
-- $1 id
-- $2 SHA-256
-- $3 bytes
-- $4 state
-- $5 format
-- $6 Message-ID
-- $7 sender
-- $8 addressee
-- $9 subject
-- $10 legal basis
-- $11 its date, us
-- $12 source
-- $13 notes, JSON
-- $14 thread
-- $15 case
-- $16 now, us
-- $17 who
INSERT INTO mail_message (id, sha256, bytes, state, format, message_id, sender, addressee,
                          subject, legal_basis, sent_us, source, notes, thread, casefile,
                          imported_us, imported_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);
