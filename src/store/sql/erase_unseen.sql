-- erase_unseen: a request of the other side that this node has not done, and nobody was told of
SELECT q.casefile, q.request
FROM v_erase q
JOIN channel c ON c.channel = q.channel AND c.own_party <> q.party
WHERE q.act = 'request'
	AND NOT EXISTS (SELECT 1 FROM alarm a WHERE a.key = 'erase/' || q.request)
	AND NOT EXISTS (SELECT 1 FROM v_erase d
		WHERE d.casefile = q.casefile AND d.request = q.request AND d.act = 'done'
			AND d.party = c.own_party)
LIMIT 1;
