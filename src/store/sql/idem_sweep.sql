-- idem_sweep: keys that are too old
-- $1 older than this, us
-- $2 most
DELETE FROM idempotency
WHERE id IN (SELECT id FROM idempotency WHERE made_us <= $1 ORDER BY made_us LIMIT $2);
