-- order_release_staged: names that plans lift now and that are in the zones still
-- $1 order
-- $2 now, us
SELECT n.name, '', n.stage_us
FROM v_order_name n
WHERE n.order_id = $1 AND n.stage_us > 0 AND n.stage_us <= $2 AND n.lifted_us = 0
  AND NOT EXISTS (SELECT 1 FROM order_release r
                  WHERE r.order_id = n.order_id AND r.name = n.name AND r.zone = '')
UNION ALL
SELECT t.name, t.zone, t.at_us
FROM v_order_stage t
JOIN v_order_name n ON n.order_id = t.order_id AND n.name = t.name
WHERE t.order_id = $1 AND t.at_us <= $2 AND n.lifted_us = 0
  AND NOT EXISTS (SELECT 1 FROM order_release r
                  WHERE r.order_id = t.order_id AND r.name = t.name AND r.zone IN ('', t.zone))
ORDER BY 3, 1, 2;
