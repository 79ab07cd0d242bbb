-- v_message_all: every row of v_message in a fixed order, for comparing rebuilds
SELECT channel, party, seq, casefile, author, body, iat_us, read_us
FROM v_message
ORDER BY channel, party, seq;
