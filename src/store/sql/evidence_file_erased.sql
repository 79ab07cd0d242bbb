-- evidence_file_erased: files whose bytes are to be removed
SELECT channel, sha256
FROM evidence_file
WHERE checked = 0 AND named = 1 AND state = 2
ORDER BY came_us
LIMIT 1000;
