-- status_counts: the figures of the status
-- $1 now, us
SELECT (SELECT count(*) FROM v_case WHERE due_us < $1 AND receipt_us <> 0),
       (SELECT coalesce(sum(items), 0) FROM v_case),
       (SELECT coalesce(sum(decided), 0) FROM v_case),
       (SELECT count(*) FROM v_order WHERE state = 'in_force'),
       (SELECT count(*) FROM (SELECT owner FROM v_zone GROUP BY owner) o),
       (SELECT count(*) FROM alarm WHERE cleared_us = 0);
