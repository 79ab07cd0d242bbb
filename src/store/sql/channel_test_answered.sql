-- channel_test_answered: alarms whose test, or a later one, was acknowledged
-- $1 limit
SELECT a.key
FROM alarm a
JOIN v_channel_test t ON t.test = a.subject
WHERE a.cleared_us = 0 AND a.kind = 'channel_test'
  AND EXISTS (SELECT 1 FROM v_channel_test n
	      WHERE n.channel = t.channel AND n.party = t.party AND n.seq >= t.seq
		AND n.acked_us <> 0)
LIMIT $1;
