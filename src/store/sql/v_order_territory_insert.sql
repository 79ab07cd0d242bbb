-- v_order_territory_insert: an order holds there; a second time is a no-op
-- $1 order
-- $2 territory
INSERT INTO v_order_territory (order_id, territory)
VALUES ($1, $2)
ON CONFLICT (order_id, territory) DO NOTHING;
