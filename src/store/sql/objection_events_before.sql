-- objection_events_before: as objection_events, of those ruled on before a time that still say something
-- $1 channel
-- $2 before
-- $3 limit
SELECT channel, 0, seq FROM v_objection
WHERE channel = $1 AND ruled_us > 0 AND ruled_us < $2
      AND (body IS NOT NULL OR contact IS NOT NULL OR answer IS NOT NULL)
UNION ALL
SELECT channel, 0, answer_seq FROM v_objection
WHERE channel = $1 AND ruled_us > 0 AND ruled_us < $2 AND answer_seq >= 0
      AND (body IS NOT NULL OR contact IS NOT NULL OR answer IS NOT NULL)
LIMIT $3;
