-- register_entry: one order that took effect
-- $1 order
SELECT r.year, r.number, o.id, ch.peer_org, o.state, o.action, o.legal_basis, o.reasons,
       o.drafted_us, o.in_force_us, o.review_us, o.ends_us, o.ended_us, o.emergency,
       o.serial_on, o.serial_off, p.name, p.version
FROM v_register r
JOIN v_order o ON o.id = r.order_id
JOIN channel ch ON ch.channel = o.channel
LEFT JOIN policy_text p ON p.sha256 = o.policy_sha256
WHERE r.order_id = $1;
