-- mail_reply_aside: what those propose is set aside
-- $1 Message-ID
UPDATE mail_proposal
SET state = 'aside'
WHERE state = 'proposed' AND decided_by IS NULL
      AND mail IN (SELECT mail FROM mail_ref WHERE ref = $1);
