-- mail_evidence_sent: the message that an upload gave, when nothing else still needs it
-- $1 upload
SELECT e.mail
FROM mail_evidence AS e
WHERE e.upload = $1
      AND NOT EXISTS (SELECT 1 FROM mail_evidence AS f
                      JOIN evidence_out AS o ON o.id = f.upload
                      WHERE f.mail = e.mail AND o.state = 'receiving')
      AND NOT EXISTS (SELECT 1 FROM mail_proposal AS p
                      WHERE p.mail = e.mail AND p.state = 'proposed');
