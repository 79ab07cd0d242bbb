-- v_queue_put: where a case stands in the lists
-- $1 case
-- $2 place by deadline, us
-- $3 channel
-- $4 state
-- $5 class or empty
-- $6 urgent
-- $7 receipted
-- $8 items
-- $9 decided
-- $10 answer
INSERT INTO v_queue (casefile, due_us, channel, state, class, urgent, receipted, unread0, unread1,
                     items, decided, answer)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9, $10)
ON CONFLICT (casefile) DO UPDATE SET
	due_us = excluded.due_us,
	state = excluded.state,
	class = excluded.class,
	urgent = excluded.urgent,
	receipted = excluded.receipted,
	items = excluded.items,
	decided = excluded.decided,
	answer = excluded.answer;
