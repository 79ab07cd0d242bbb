-- message_unread: messages of a party in a case that the other has not read
-- $1 case
-- $2 party
-- $3 from this seq on
-- $4 below this seq
-- $5 limit
SELECT seq
FROM v_message
WHERE casefile = $1 AND party = $2 AND seq >= $3 AND seq < $4 AND read_us = 0
ORDER BY seq
LIMIT $5;
