-- bundle_case_events: where the events of a case stand, those without effect too
-- (+ 0: found by the case, not along the whole log)
-- $1 case
-- $2 channel
SELECT party, seq
FROM v_event
WHERE casefile = $1 AND channel + 0 = $2
ORDER BY party, seq;
