-- identity_all_of_party: the identity entries of a party of a channel, in order; our own org is in meta
-- $1 channel
-- $2 party
SELECT i.wire, i.n
FROM channel c
JOIN identity i ON i.org = CASE WHEN c.own_party = $2 THEN (SELECT value FROM meta WHERE key = 'org') ELSE c.peer_org END
WHERE c.channel = $1
ORDER BY i.n;
