-- v_order_cite_insert: a case that an order rests on
-- $1 order
-- $2 case
INSERT INTO v_order_cite (order_id, casefile)
VALUES ($1, $2)
ON CONFLICT (order_id, casefile) DO NOTHING;
