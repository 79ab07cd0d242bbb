-- objection_events_before: as objection_events, of those ruled on before a time that still say something
-- $1 channel
-- $2 before
-- $3 limit
SELECT e.channel, e.party, e.seq, o.objection
FROM v_objection AS o
JOIN v_event AS e ON e.channel = o.channel AND e.party = 0 AND e.void IS NULL
     AND (e.seq = o.seq OR (e.type = 'objection.answer' AND e.iat_us = o.answered_us))
WHERE o.channel = $1 AND o.ruled_us > 0 AND o.ruled_us < $2
      AND (o.body IS NOT NULL OR o.contact IS NOT NULL OR o.answer IS NOT NULL)
ORDER BY o.ruled_us, e.seq
LIMIT $3;
