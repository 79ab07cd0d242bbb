-- duty_list: duties that people were told of, the newest first
-- $1 limit
SELECT substr(a.key, 6), a.kind, a.subject, a.body, a.raised_us, coalesce(d.at_us, 0), d.by_name, d.note
FROM alarm a
LEFT JOIN duty_done d ON a.key = 'duty/' || d.duty
WHERE a.kind IN ('scrutiny', 'statistics')
ORDER BY a.raised_us DESC, a.key
LIMIT $1;
