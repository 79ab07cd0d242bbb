-- mail_drop: a message goes; that it was here stays, so that it does not come again
-- $1 id
UPDATE mail_message
SET state = 'dropped', sender = NULL, addressee = NULL, subject = NULL, legal_basis = NULL,
    notes = '[]'
WHERE id = $1;
