-- mail_ref_put: a message answers to another
-- $1 Message-ID of the other
-- $2 message
INSERT INTO mail_ref (ref, mail)
VALUES ($1, $2)
ON CONFLICT (ref, mail) DO NOTHING;
