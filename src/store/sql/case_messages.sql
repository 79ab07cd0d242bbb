-- case_messages: the newest messages of a case, the oldest of them first
-- $1 case
-- $2 limit
SELECT party, seq, author, body, iat_us, read_us
FROM (SELECT party, seq, author, body, iat_us, read_us
      FROM v_message
      WHERE casefile = $1
      ORDER BY iat_us DESC, party DESC, seq DESC
      LIMIT $2) AS newest
ORDER BY iat_us, party, seq;
