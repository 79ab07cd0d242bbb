-- case_messages: messages of a case
-- $1 case
SELECT party, seq, author, body, iat_us, read_us
FROM v_message
WHERE casefile = $1
ORDER BY iat_us, party, seq;
