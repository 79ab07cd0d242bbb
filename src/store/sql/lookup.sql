-- lookup: every order that names this name, itself or by wildcard
-- $1 name
-- $2 whether it is the name asked for (1) or one above it (0)
SELECT o.id, o.state, n.name, n.wildcard, n.lifted_us, o.legal_basis, o.reasons, o.drafted_us,
       o.in_force_us, o.ends_us, o.ended_us, o.serial_on, r.year, r.number, c.peer_org
FROM v_order_name n
JOIN v_order o ON o.id = n.order_id
JOIN channel c ON c.channel = o.channel
LEFT JOIN v_register r ON r.order_id = o.id
WHERE n.name = $1 AND (CAST($2 AS BIGINT) = 1 OR n.wildcard = 1) AND o.in_force_us > 0
ORDER BY o.id;
