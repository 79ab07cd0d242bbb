-- v_order_blocked_by: 1 when that person drafted, approved or overrode the order
-- $1 order
-- $2 person
SELECT 1 FROM v_order WHERE id = $1 AND drafter = $2
UNION ALL
SELECT 1 FROM v_order_act
WHERE order_id = $1 AND author = $2 AND act IN ('approve', 'override')
LIMIT 1;
