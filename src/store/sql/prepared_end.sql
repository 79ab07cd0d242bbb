-- prepared_end: it was sent, and its text stands in the event only
-- $1 id
-- $2 now, us
-- $3 by whom
UPDATE prepared
SET state = 'sent', body = NULL, ended_us = $2, ended_by = $3
WHERE id = $1;
