-- v_queue_unread: messages of a case that are not read, more or fewer of them
-- $1 case
-- $2 party of the messages
-- $3 how many more
UPDATE v_queue
SET unread0 = unread0 + CASE WHEN CAST($2 AS BIGINT) = 0 THEN CAST($3 AS BIGINT) ELSE 0 END,
    unread1 = unread1 + CASE WHEN $2 = 1 THEN $3 ELSE 0 END
WHERE casefile = $1;
