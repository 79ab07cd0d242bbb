-- zone_row_why: the number in the register of the order of each row that blocks
-- $1 zone
-- $2 layer
SELECT z.owner, r.year, r.number
FROM zone_row z
JOIN v_register r ON r.order_id = z.order_id
WHERE z.zone = $1 AND z.layer = $2 AND z.action <> 'passthru'
ORDER BY z.owner;
