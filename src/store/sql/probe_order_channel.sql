-- probe_order_channel: the channel of an order
-- $1 order
SELECT channel FROM v_order WHERE id = $1;
