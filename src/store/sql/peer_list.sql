-- peer_list: peers with what was sent and receipted
SELECT c.peer_org, c.name, CASE WHEN c.introduction = '' THEN 0 ELSE 1 END, p.name, own.size,
       coalesce((SELECT max(r.size) FROM log_receipt r
                 WHERE r.channel = c.channel AND r.party = c.own_party), 0),
       d.failed_us, d.reason, d.next_us, peer.size,
       coalesce((SELECT r.added_us FROM log_receipt r
                 WHERE r.channel = c.channel AND r.party = c.own_party
                 ORDER BY r.size DESC LIMIT 1), 0),
       coalesce((SELECT e.stored_us FROM log_event e
                 WHERE e.channel = c.channel AND e.party = peer.party
                 ORDER BY e.seq DESC LIMIT 1), 0)
FROM channel c
JOIN policy_text p ON p.sha256 = c.policy_sha256
JOIN log_head own ON own.channel = c.channel AND own.party = c.own_party
JOIN log_head peer ON peer.channel = c.channel AND peer.party <> c.own_party
LEFT JOIN delivery d ON d.channel = c.channel
ORDER BY c.channel;
