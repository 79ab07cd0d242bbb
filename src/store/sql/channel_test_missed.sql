-- channel_test_missed: tests past their time, no later one acknowledged, without an alarm
-- $1 now
-- $2 limit
SELECT t.channel, t.party, t.test, t.due_us, ch.peer_org, t.party = ch.own_party
FROM v_channel_test t
JOIN channel ch ON ch.channel = t.channel
WHERE t.acked_us = 0 AND t.due_us <= $1
  AND NOT EXISTS (SELECT 1 FROM v_channel_test n
		  WHERE n.channel = t.channel AND n.party = t.party AND n.seq > t.seq
		    AND (n.acked_us <> 0 OR n.due_us <= $1))
  AND NOT EXISTS (SELECT 1 FROM alarm a
		  WHERE a.kind = 'channel_test' AND a.subject = t.test AND a.cleared_us = 0)
LIMIT $2;
