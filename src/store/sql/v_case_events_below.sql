-- v_case_events_below: the events of a case, up to a point in both logs
-- (+ 0: found by the case, not along the whole log)
-- $1 case
-- $2 channel
-- $3 below which seq of the authority's log
-- $4 below which seq of the platform's log
SELECT party, seq
FROM v_event
WHERE casefile = $1 AND channel + 0 = $2 AND ((party = 0 AND seq < $3) OR (party = 1 AND seq < $4))
ORDER BY party, seq;
