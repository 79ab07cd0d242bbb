-- prepared_end: it was sent
-- $1 id
-- $2 now, us
-- $3 by whom
UPDATE prepared
SET state = 'sent', ended_us = $2, ended_by = $3
WHERE id = $1;
