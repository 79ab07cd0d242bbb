-- mail_drop: a message goes; that it was here stays, so that it does not come again
-- $1 id
-- $2 now, us
UPDATE mail_message
SET state = 'dropped', sender = NULL, addressee = NULL, subject = NULL, legal_basis = NULL,
    notes = '[]', dropped_us = $2
WHERE id = $1;
