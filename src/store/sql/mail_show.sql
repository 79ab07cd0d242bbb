-- mail_show: one message
-- $1 id
SELECT id, sha256, bytes, state, format, message_id, sender, addressee, subject,
       legal_basis, sent_us, source, notes, thread, casefile, imported_us, imported_by
FROM mail_message
WHERE id = $1;
