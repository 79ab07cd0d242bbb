-- register_page: orders that took effect, the newest first, from a cursor on
-- $1 year of the cursor
-- $2 number of the cursor
-- $3 state, or null for all
-- $4 name, or null for all
-- $5 in force from then on
-- $6 limit
SELECT r.year, r.number, o.id, ch.peer_org, o.state, o.action, o.legal_basis, o.reasons,
       o.drafted_us, o.in_force_us, o.review_us, o.ends_us, o.ended_us, o.emergency,
       o.serial_on, o.serial_off, p.name, p.version
FROM v_register r
JOIN v_order o ON o.id = r.order_id
JOIN channel ch ON ch.channel = o.channel
LEFT JOIN policy_text p ON p.sha256 = o.policy_sha256
WHERE (r.year < $1 OR (r.year = $1 AND r.number < $2))
  AND (CAST($3 AS TEXT) IS NULL OR o.state = $3)
  AND (CAST($4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM v_order_name n
			     WHERE n.order_id = o.id AND n.name = $4))
  AND o.in_force_us >= $5
ORDER BY r.year DESC, r.number DESC
LIMIT $6;
