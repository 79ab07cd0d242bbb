-- v_queue_unread0: messages of the authority in a case that are not read, more or fewer of them
-- $1 case
-- $2 how many more
UPDATE v_queue
SET unread0 = unread0 + $2
WHERE casefile = $1;
