-- v_queue_unread1: messages of the platform in a case that are not read, more or fewer of them
-- $1 case
-- $2 how many more
UPDATE v_queue
SET unread1 = unread1 + $2
WHERE casefile = $1;
