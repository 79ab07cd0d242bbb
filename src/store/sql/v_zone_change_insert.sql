-- v_zone_change_insert: an owner appears in the zone or goes
-- $1 serial
-- $2 owner
-- $3 present
-- $4 action
-- $5 order
-- $6 at, us
INSERT INTO v_zone_change (serial, owner, present, action, order_id, at_us)
VALUES ($1, $2, $3, $4, $5, $6);
