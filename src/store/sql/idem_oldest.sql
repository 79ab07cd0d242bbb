-- idem_oldest: when the oldest key was taken
SELECT made_us FROM idempotency ORDER BY made_us LIMIT 1;
