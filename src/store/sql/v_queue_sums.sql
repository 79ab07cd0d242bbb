-- v_queue_sums: what a case adds to the sums
-- $1 case
SELECT state, items, decided, answer FROM v_queue WHERE casefile = $1;
