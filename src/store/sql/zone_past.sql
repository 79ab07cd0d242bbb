-- zone_past: orders whose end is past that the log has in force, and that a zone still has
-- $1 now, us
SELECT o.id
FROM v_order o
WHERE o.state = 'in_force' AND o.ends_us <= $1
  AND EXISTS (SELECT 1 FROM zone_row r WHERE r.layer = 0 AND r.order_id = o.id)
ORDER BY o.id;
