-- evidence_file_oldest: when the oldest came of the files that no event names
SELECT coalesce(min(came_us), -1)
FROM evidence_file
WHERE named = 0;
