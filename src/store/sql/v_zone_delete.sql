-- v_zone_delete: an order lets an owner go
-- $1 owner
-- $2 order
DELETE FROM v_zone
WHERE owner = $1 AND order_id = $2;
