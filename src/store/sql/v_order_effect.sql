-- v_order_effect: since when an order of the channel is in force, 0: never was
-- $1 order
-- $2 channel
SELECT in_force_us FROM v_order WHERE id = $1 AND channel = $2;
