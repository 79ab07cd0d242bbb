-- order_cites: cases of an order
-- $1 order
SELECT c.casefile, v.subject, v.sent_us, v.send_seq
FROM v_order_cite c
LEFT JOIN v_case v ON v.casefile = c.casefile
WHERE c.order_id = $1
ORDER BY c.casefile;
