-- idem_get: what a key was used for, and answered
-- $1 hash of the key
SELECT digest, answer FROM idempotency WHERE id = $1;
