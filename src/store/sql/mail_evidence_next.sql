-- mail_evidence_next: a message that is to be sealed, those that never failed first
SELECT o.id, e.mail, o.author, o.next_us
FROM evidence_out AS o
JOIN mail_evidence AS e ON e.upload = o.id
WHERE o.state = 'receiving'
ORDER BY o.next_us, o.made_us, o.id
LIMIT 1;
