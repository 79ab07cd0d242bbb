-- mail_case_bytes: how much is kept of the messages of a case
-- $1 case
SELECT coalesce(sum(length(r.raw)), 0)
FROM mail_message AS m
JOIN mail_raw AS r ON r.sha256 = m.sha256
WHERE m.casefile = $1;
