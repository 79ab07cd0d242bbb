-- item_stands: the decision that stands on an item
-- $1 case
-- $2 number
-- $3 party that decides
SELECT v.i, v.outcome, v.ground, v.reason, ev.author, v.decided_us, v.decided_seq
FROM v_item v
JOIN v_case c ON c.casefile = v.casefile
LEFT JOIN v_event ev ON ev.channel = c.channel AND ev.party = $3 AND ev.seq = v.decided_seq
WHERE v.casefile = $1 AND v.i = $2;
