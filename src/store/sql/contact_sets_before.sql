-- contact_sets_before: directories of which this node had the next one before a time
-- $1 channel
-- $2 before
-- $3 limit
SELECT o.channel, o.party, o.seq
FROM v_contact_old AS o
JOIN log_event AS l ON l.channel = o.channel AND l.party = o.party AND l.seq = o.by_seq
WHERE o.channel = $1 AND l.stored_us < $2
ORDER BY o.party, o.seq
LIMIT $3;
