-- v_order_get: an order as signers need it
-- $1 order
SELECT id, channel, state, text_sha256, approvals, guards, drafter, ends_us, emergency,
       (SELECT count(*) FROM v_order_name n WHERE n.order_id = v_order.id AND n.owner_us = 0)
FROM v_order
WHERE id = $1;
