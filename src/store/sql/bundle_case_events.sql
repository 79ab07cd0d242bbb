-- bundle_case_events: where the events of a case stand, those without effect too
-- $1 case
-- $2 channel
SELECT party, seq
FROM v_event
WHERE casefile = $1 AND channel = $2
ORDER BY party, seq;
