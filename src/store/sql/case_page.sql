-- case_page: cases by deadline from a cursor on
-- $1 due_us of the cursor
-- $2 case of the cursor
-- $3 state, or -1 for all
-- $4 limit
SELECT c.casefile, ch.peer_org, c.state, c.subject, c.legal_basis, c.class, c.urgent, c.items,
       c.decided, c.sent_us, c.receipt_us, c.accepted_us, c.refused_us, c.closed_us,
       c.accepted_us, c.accept_due_us, c.decide_due_us, c.due_us,
       (SELECT v.author FROM v_event v
        WHERE v.casefile = c.casefile AND v.type = 'notice.send' AND v.void IS NULL
        LIMIT 1)
FROM v_case c
JOIN channel ch ON ch.channel = c.channel
WHERE (c.due_us > $1 OR (c.due_us = $1 AND c.casefile > $2)) AND ($3 < 0 OR c.state = $3)
ORDER BY c.due_us, c.casefile
LIMIT $4;
