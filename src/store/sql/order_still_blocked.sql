-- order_still_blocked: orders that ended before a time, with rows that were last measured blocked, or an
-- alarm about that
-- $1 ended before, us
-- $2 most
SELECT o.id
FROM v_order o
WHERE o.id IN (SELECT m.order_id FROM v_measured m
               WHERE m.expected = 'free' AND m.means = 'blocked'
               UNION
               SELECT a.subject FROM alarm a
               WHERE a.kind = 'still_blocked' AND a.cleared_us = 0)
  AND o.state IN ('lifted', 'expired') AND o.ended_us < $1
ORDER BY o.ended_us DESC
LIMIT $2;
