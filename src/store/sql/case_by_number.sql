-- case_by_number: cases whose notice has that number in its authority's log
-- $1 number
-- $2 at most
SELECT v.casefile
FROM channel ch
CROSS JOIN v_event v
WHERE v.channel = ch.channel AND v.party = 0 AND v.seq = $1 AND v.type = 'notice.send' AND v.void IS NULL
ORDER BY v.casefile
LIMIT $2;
