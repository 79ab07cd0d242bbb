-- case_timeline: events of a case, the parts of the notice left out
-- $1 case
-- $2 limit
SELECT channel, party, seq, type, iat_us, author, void
FROM v_event
WHERE casefile = $1 AND type <> 'notice.part'
ORDER BY iat_us, party, seq
LIMIT $2;
