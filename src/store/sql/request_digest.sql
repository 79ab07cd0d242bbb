-- request_digest: the digest of what was asked for under this key
-- $1 key
SELECT digest
FROM request
WHERE key = $1;
