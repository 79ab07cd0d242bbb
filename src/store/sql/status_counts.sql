-- status_counts: figures of the status beside the sums over all cases
-- $1 now, us
SELECT (SELECT count(*) FROM v_queue WHERE due_us < $1 AND receipted = 1),
       (SELECT count(*) FROM v_order WHERE state = 'in_force'),
       (SELECT count(*) FROM (SELECT owner FROM v_zone GROUP BY owner) o),
       (SELECT count(*) FROM alarm WHERE cleared_us = 0);
