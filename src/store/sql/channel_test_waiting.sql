-- channel_test_waiting: a test of the peer with that id that no person has acknowledged first
-- $1 test
SELECT t.channel, t.party, t.seq, t.acked_us
FROM v_channel_test t
JOIN channel ch ON ch.channel = t.channel
WHERE t.test = $1 AND t.party <> ch.own_party
ORDER BY t.acked_us, t.channel
LIMIT 1;
