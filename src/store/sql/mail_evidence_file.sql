-- mail_evidence_file: the file of evidence that a message has become
-- $1 message
SELECT o.sha256
FROM mail_evidence AS e
JOIN evidence_out AS o ON o.id = e.upload
WHERE e.mail = $1 AND o.state = 'sent'
ORDER BY o.made_us DESC
LIMIT 1;
