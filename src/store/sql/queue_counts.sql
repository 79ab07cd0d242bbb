-- queue_counts: how many cases each list has; none is counted beyond a number
-- $1 now, us
-- $2 what is due before this is due soon, us
-- $3 pseudonym
-- $4 the most that is counted
SELECT (SELECT count(*) FROM (SELECT 1 FROM v_queue LIMIT $4) x),
       (SELECT count(*) FROM (SELECT 1 FROM claim k JOIN v_queue q ON q.casefile = k.casefile
                              WHERE k.person = $3 LIMIT $4) x),
       (SELECT count(*) FROM (SELECT 1 FROM v_queue q
                              WHERE NOT EXISTS (SELECT 1 FROM claim k
                                                WHERE k.casefile = q.casefile) LIMIT $4) x),
       (SELECT count(*) FROM (SELECT 1 FROM v_queue
                              WHERE receipted = 1 AND due_us < $1 LIMIT $4) x),
       (SELECT count(*) FROM (SELECT 1 FROM v_queue
                              WHERE receipted = 1 AND due_us < $2 LIMIT $4) x),
       (SELECT count(*) FROM (SELECT 1 FROM v_queue WHERE receipted = 0 LIMIT $4) x),
       (SELECT count(*) FROM (SELECT 1 FROM v_queue WHERE unread0 > 0 LIMIT $4) x),
       (SELECT count(*) FROM (SELECT 1 FROM v_queue WHERE unread1 > 0 LIMIT $4) x);
