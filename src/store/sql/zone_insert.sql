-- zone_insert: a zone, empty; RC_CONFLICT when name or origin is taken
-- $1 name
-- $2 origin
-- $3 territory, NULL: none
-- $4 serial
-- $5 TTL, s
-- $6 now, us
INSERT INTO zone (name, origin, territory, serial, hot_serial, base_serial, kept_serial,
	since_serial, hot_since, log_serial, ttl_s, n_rows, n_hot, folded_us, changed_us, added_us,
	last_serial)
VALUES ($1, $2, $3, $4, $4, $4, $4, $4, $4, 0, $5, 0, 0, $6, $6, $6, $4);
