-- case_show: a case for people
-- $1 case
SELECT c.casefile, ch.peer_org, c.state, c.subject, c.legal_basis, c.class_now, c.class, c.urgent, c.test, c.items,
       c.decided, c.send_seq, c.sent_us, c.receipt_us, c.accepted_us, c.refused_us, c.closed_us,
       c.accepted_us, c.accept_due_us, c.decide_due_us, c.due_us,
       (SELECT v.author FROM v_event v
        WHERE v.casefile = c.casefile AND v.type = 'notice.send' AND v.void IS NULL
        LIMIT 1),
       coalesce(l.duplicate, 0), coalesce(l.refused, 0)
FROM v_case c
JOIN channel ch ON ch.channel = c.channel
LEFT JOIN v_case_listed l ON l.casefile = c.casefile
WHERE c.casefile = $1;
