-- objection_events: where an objection may be said and answered
-- $1 objection
SELECT e.channel, e.party, e.seq, o.objection
FROM v_objection AS o
JOIN v_event AS e ON e.channel = o.channel AND e.party = 0 AND e.void IS NULL
     AND (e.seq = o.seq OR (e.type = 'objection.answer' AND e.iat_us = o.answered_us))
WHERE o.objection = $1
ORDER BY e.seq;
