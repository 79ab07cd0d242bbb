-- order_due_delete: it was told
-- $1 order
-- $2 kind
DELETE FROM order_due
WHERE order_id = $1 AND kind = $2;
