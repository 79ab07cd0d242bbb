-- v_measured_owner: how many rows of the zone of that owner the order has or had
-- $1 order
-- $2 name
-- $3 channel
-- $4 wildcard: 1 when the owner is one
SELECT count(*)
FROM v_order_name n
JOIN v_order o ON o.id = n.order_id
WHERE n.order_id = $1 AND n.name = $2 AND o.channel = $3 AND o.in_force_us <> 0
  AND (n.wildcard = 1 OR CAST($4 AS BIGINT) = 0);
