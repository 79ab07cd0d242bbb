-- v_queue_all: every row of v_queue in a fixed order, for comparing rebuilds
SELECT casefile, due_us, channel, state, class, urgent, receipted, unread0, unread1, items,
       decided, answer
FROM v_queue
ORDER BY casefile;
