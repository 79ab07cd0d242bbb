-- case_timeline: the events of a case in their order, but for the parts of its batch
-- Only those of the case's own channel: another peer's may name any case, and are void.
-- $1 casefile  $2 most
SELECT v.channel, v.party, v.seq, v.type, v.iat_us, v.author, v.void
FROM v_event v
JOIN v_case c ON c.casefile = v.casefile AND c.channel = v.channel
WHERE v.casefile = $1 AND v.type <> 'notice.part'
ORDER BY v.iat_us, v.party, v.seq
LIMIT $2;
