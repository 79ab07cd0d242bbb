-- prepared_page: steps that wait for a person and are still next, the oldest first
-- $1 when that of the cursor was made, us
-- $2 limit
SELECT p.id, p.casefile, p.level, p.body, p.step_us, p.made_us, p.made_us, n.sent_us,
       n.send_seq
FROM prepared p
JOIN v_step v ON v.casefile = p.casefile AND v.step = p.step AND v.step_us = p.step_us
LEFT JOIN v_case n ON n.casefile = p.casefile
WHERE p.state = 'ready' AND p.made_us > $1
ORDER BY p.made_us
LIMIT $2;
