-- channel_test_page: tests of all channels, the newest first
-- $1 limit
SELECT t.test, ch.peer_org, t.party, t.author, t.sent_us, t.due_us, t.acked_us, t.acked_by,
       t.party = ch.own_party
FROM v_channel_test t
JOIN channel ch ON ch.channel = t.channel
ORDER BY t.sent_us DESC, t.test DESC
LIMIT $1;
