-- v_zone_insert: an order holds an owner
-- $1 owner
-- $2 order
-- $3 name
-- $4 action
-- $5 serial
INSERT INTO v_zone (owner, order_id, name, action, since_serial)
VALUES ($1, $2, $3, $4, $5);
