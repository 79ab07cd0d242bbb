-- mail_case_erase: that they were here stays, so that they do not come again
-- $1 case
-- $2 now, us
UPDATE mail_message
SET state = 'dropped', message_id = NULL, sender = NULL, addressee = NULL, subject = NULL,
    legal_basis = NULL, source = NULL, notes = '[]', dropped_us = $2
WHERE casefile = $1;
