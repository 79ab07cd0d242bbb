-- operator_talk_page: what was said with an operator, the newest first
-- $1 operator
-- $2 limit
SELECT kind, step, via, author, body, at_us, channel, seq
FROM (SELECT kind, step, via, author, body, at_us, channel, seq
      FROM v_operator_talk
      WHERE operator = $1
      UNION ALL
      SELECT 'applied', serial, NULL, author, NULL, at_us, channel, seq
      FROM v_applied
      WHERE operator = $1
      UNION ALL
      SELECT 'waived', 0, order_id, author, reason, at_us, -1, seq
      FROM v_waived
      WHERE operator = $1) AS said
ORDER BY at_us DESC, channel, seq DESC
LIMIT $2;
