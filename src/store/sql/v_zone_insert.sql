-- v_zone_insert: an order holds an owner
-- $1 owner
-- $2 order
-- $3 action
-- $4 serial
INSERT INTO v_zone (owner, order_id, action, since_serial)
VALUES ($1, $2, $3, $4);
