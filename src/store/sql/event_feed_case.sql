-- event_feed_case: events of one case in the order of storing
-- $1 after this stored_us
-- $2 limit
-- $3 case
SELECT l.stored_us, v.type, v.casefile, c.peer_org, v.party, v.seq, v.iat_us, v.author,
       CASE WHEN v.void IS NULL THEN 0 ELSE 1 END, v.void, n.sent_us, n.send_seq
FROM v_event v
JOIN log_event l ON l.channel = v.channel AND l.party = v.party AND l.seq = v.seq
JOIN channel c ON c.channel = v.channel
LEFT JOIN v_case n ON n.casefile = v.casefile
WHERE v.casefile = $3 AND l.stored_us > $1
ORDER BY l.stored_us
LIMIT $2;
