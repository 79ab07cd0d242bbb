-- event_counts: events stored in a span, by type
-- $1 after this stored_us
-- $2 up to this stored_us
SELECT v.type, count(*)
FROM log_event l
JOIN v_event v ON v.channel = l.channel AND v.party = l.party AND v.seq = l.seq
WHERE l.stored_us > $1 AND l.stored_us <= $2
GROUP BY v.type
ORDER BY v.type;
