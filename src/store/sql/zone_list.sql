-- zone_list: the zones of the node, main first
SELECT name, origin, territory, serial, hot_serial, base_serial, kept_serial, since_serial,
       hot_since, log_serial, ttl_s, n_rows, n_hot, folded_us, changed_us, last_serial
FROM zone
ORDER BY CASE name WHEN 'main' THEN 0 ELSE 1 END, name;
