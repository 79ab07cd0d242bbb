-- zone_counter: the newest serial of any zone of this node
SELECT max(CASE WHEN hot_serial > serial THEN hot_serial ELSE serial END)
FROM zone;
