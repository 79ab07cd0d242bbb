-- order_release_list: names whose lift waits for the log, act by act; channel -1: no such order here
-- $1 limit
SELECT r.order_id, r.name, r.zone, r.author, r.reason, r.at_us, coalesce(o.channel, -1)
FROM order_release r
LEFT JOIN v_order o ON o.id = r.order_id
ORDER BY r.at_us, r.order_id, r.author, r.zone, r.name
LIMIT $1;
