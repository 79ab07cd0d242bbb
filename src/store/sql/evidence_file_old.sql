-- evidence_file_old: files that no event came for
-- $1 before when they came, us
SELECT channel, sha256
FROM evidence_file
WHERE named = 0 AND came_us < $1
ORDER BY came_us
LIMIT 64;
