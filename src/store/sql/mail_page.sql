-- mail_page: messages in the order of their import, from a cursor on
-- $1 id of the cursor
-- $2 state, or empty: all
-- $3 limit
SELECT m.id, m.state, m.format, m.sender, m.subject, m.sent_us, m.casefile, m.source,
       (SELECT count(*) FROM mail_proposal AS p WHERE p.mail = m.id AND p.state = 'proposed'),
       (SELECT count(*) FROM mail_proposal AS p WHERE p.mail = m.id)
FROM mail_message AS m
WHERE m.id > $1 AND ($2 = '' OR m.state = $2)
ORDER BY m.id
LIMIT $3;
