-- queue_unread_of: how many messages of each side of a case the other has not read
-- $1 case
SELECT unread0, unread1 FROM v_queue WHERE casefile = $1;
