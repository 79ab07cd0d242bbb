-- case_by_prefix: cases whose id begins so
-- $1 the beginning
-- $2 its end
-- $3 at most
SELECT casefile FROM v_queue WHERE casefile >= $1 AND casefile < $2 ORDER BY casefile LIMIT $3;
