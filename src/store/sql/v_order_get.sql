-- v_order_get: an order as signers need it
-- $1 order
SELECT id, channel, state, text_sha256, approvals, guards, drafter, ends_us
FROM v_order
WHERE id = $1;
