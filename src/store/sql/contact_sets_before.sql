-- contact_sets_before: directories that count no longer
-- $1 channel
SELECT e.channel, e.party, e.seq
FROM v_event AS e
JOIN v_contact_set AS s ON s.channel = e.channel AND s.party = e.party
WHERE e.channel = $1 AND e.type = 'contact.set' AND e.void IS NULL AND e.seq < s.seq
ORDER BY e.seq;
