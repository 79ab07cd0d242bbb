-- import_file_sent: notices that were made of a file, the newest first
-- $1 SHA-256
-- $2 limit
SELECT casefile, name, author, sent_us
FROM import_file
WHERE sha256 = $1
ORDER BY sent_us DESC
LIMIT $2;
