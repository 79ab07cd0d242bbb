-- zone_put: where a zone stands
-- $1 name
-- $2 serial
-- $3 serial of the hot zone
-- $4 serial of the base
-- $5 serial from which on the hot zone has everything
-- $6 serial from which on differences are known
-- $7 and of the hot zone
-- $8 serial of the orders' journal
-- $9 TTL, s
-- $10 rows
-- $11 rows of the hot zone
-- $12 folded, us
-- $13 changed, us
-- $14 serial of the base before
UPDATE zone
SET serial = $2, hot_serial = $3, base_serial = $4, kept_serial = $5, since_serial = $6,
    hot_since = $7, log_serial = $8, ttl_s = $9, n_rows = $10, n_hot = $11, folded_us = $12,
    changed_us = $13, last_serial = $14
WHERE name = $1;
