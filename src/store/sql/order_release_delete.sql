-- order_release_delete: the log has it, or it is of no use any more
-- $1 order
-- $2 name
-- $3 zone
DELETE FROM order_release
WHERE order_id = $1 AND name = $2 AND zone = $3;
