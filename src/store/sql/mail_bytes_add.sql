-- mail_bytes_add: more is kept, or less
-- $1 bytes
UPDATE mail_total
SET bytes = bytes + $1
WHERE one = 1;
