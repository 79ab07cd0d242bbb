-- mail_bytes: how much is kept
SELECT bytes
FROM mail_total
WHERE one = 1;
