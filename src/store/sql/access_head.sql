-- access_head: where the access record stands
SELECT seq, digest, kept_from, kept_digest
FROM access_head
WHERE id = 1;
