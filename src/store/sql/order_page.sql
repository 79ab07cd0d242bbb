-- order_page: orders, newest first, from a cursor on
-- $1 order of the cursor
-- $2 limit
SELECT o.id, ch.peer_org, o.state, o.action, o.body, o.text_sha256, o.reasons, o.legal_basis,
       o.approvals, o.guards, o.drafter, o.drafted_us, o.in_force_us, o.ends_us, o.review_us,
       o.ended_us, o.emergency, o.serial_on, o.serial_off, o.proportionality, o.collateral,
       o.emergency_reason, o.contact_called, o.findings, o.previous, o.source, o.reviewed_us,
       r.year, r.number
FROM v_order o
JOIN channel ch ON ch.channel = o.channel
LEFT JOIN v_register r ON r.order_id = o.id
WHERE o.id < $1
ORDER BY o.id DESC
LIMIT $2;
