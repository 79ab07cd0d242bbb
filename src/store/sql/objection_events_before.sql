-- objection_events_before: as objection_events, where this node had the ruling before a time and something is still said
-- $1 channel
-- $2 before
-- $3 limit
SELECT o.channel, 0, o.seq FROM v_objection AS o
JOIN log_event AS l ON l.channel = o.channel AND l.party = 0 AND l.seq = o.rule_seq
WHERE o.channel = $1 AND o.ruled_us > 0 AND l.stored_us < $2
      AND (o.body IS NOT NULL OR o.contact IS NOT NULL OR o.answer IS NOT NULL)
UNION ALL
SELECT o.channel, 0, o.answer_seq FROM v_objection AS o
JOIN log_event AS l ON l.channel = o.channel AND l.party = 0 AND l.seq = o.rule_seq
WHERE o.channel = $1 AND o.ruled_us > 0 AND l.stored_us < $2 AND o.answer_seq >= 0
      AND (o.body IS NOT NULL OR o.contact IS NOT NULL OR o.answer IS NOT NULL)
LIMIT $3;
