-- objection_events: where an objection is said and answered
-- $1 objection
SELECT channel, 0, seq FROM v_objection WHERE objection = $1
UNION ALL
SELECT channel, 0, answer_seq FROM v_objection
WHERE objection = $1 AND answer_seq >= 0
ORDER BY 3;
