-- queue_undelivered: as queue_by_due, of those without a receipt
-- $1 due_us of the cursor
-- $2 case of the cursor
-- $3 limit
-- $4 state, or -1
-- $5 channel, or 0
-- $6 class, or null
-- $7 urgent, or -1
-- $8 due before this, us, or 0
-- $9 whether only what was not delivered: 0 or 1
-- $10 party whose messages are unread, or -1
-- $11 how many claims there are, 0 or 1, or -1
-- $12 category, or null
-- $13 first word, or null
-- $14 its end
-- $15 second word, or null
-- $16 its end
SELECT q.due_us, q.casefile
FROM v_queue q
WHERE (q.due_us > $1 OR (q.due_us = $1 AND q.casefile > $2))
  AND (CAST($4 AS BIGINT) < 0 OR q.state = $4)
  AND (CAST($5 AS BIGINT) = 0 OR q.channel = $5)
  AND (CAST($6 AS TEXT) IS NULL OR q.class = $6)
  AND (CAST($7 AS BIGINT) < 0 OR q.urgent = $7)
  AND (CAST($8 AS BIGINT) = 0 OR (q.receipted = 1 AND q.due_us < $8))
  AND CAST($9 AS BIGINT) = $9 AND q.receipted = 0
  AND (CAST($10 AS BIGINT) < 0 OR ($10 = 0 AND q.unread0 > 0) OR ($10 = 1 AND q.unread1 > 0))
  AND (CAST($11 AS BIGINT) < 0 OR $11 = (SELECT count(*) FROM claim k WHERE k.casefile = q.casefile))
  AND (CAST($12 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM v_case_category g
                              WHERE g.casefile = q.casefile AND g.category = $12))
  AND (CAST($13 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM v_case_word t
                              WHERE t.casefile = q.casefile AND t.word >= $13 AND t.word < $14))
  AND (CAST($15 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM v_case_word t
                              WHERE t.casefile = q.casefile AND t.word >= $15 AND t.word < $16))
ORDER BY q.due_us, q.casefile
LIMIT $3;
