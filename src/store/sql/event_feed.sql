-- event_feed: events in the order of storing
-- $1 after this stored_us
-- $2 limit
SELECT l.stored_us, v.type, v.casefile, c.peer_org, v.party, v.seq, v.iat_us, v.author,
       CASE WHEN v.void IS NULL THEN 0 ELSE 1 END, v.void, n.sent_us, n.send_seq
FROM log_event l
JOIN v_event v ON v.channel = l.channel AND v.party = l.party AND v.seq = l.seq
JOIN channel c ON c.channel = l.channel
LEFT JOIN v_case n ON n.casefile = v.casefile
WHERE l.stored_us > $1
ORDER BY l.stored_us
LIMIT $2;
