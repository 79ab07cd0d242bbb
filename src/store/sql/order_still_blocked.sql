-- order_still_blocked: orders that ended before a time, with rows that were last measured blocked, or an
-- alarm about that
-- $1 ended before, us
-- $2 most
SELECT o.id
FROM v_order o
WHERE o.state IN ('lifted', 'expired') AND o.ended_us < $1
  AND (EXISTS (SELECT 1 FROM v_measured m
               WHERE m.order_id = o.id AND m.expected = 'free' AND m.means = 'blocked')
       OR EXISTS (SELECT 1 FROM alarm a
                  WHERE a.kind = 'still_blocked' AND a.subject = o.id AND a.cleared_us = 0))
ORDER BY o.ended_us DESC
LIMIT $2;
