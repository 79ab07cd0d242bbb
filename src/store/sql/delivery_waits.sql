-- delivery_waits: of each peer, since when our first entry without its receipt waits, us, or 0; and whether people were told
SELECT c.peer_org,
       coalesce((SELECT e.stored_us FROM log_event e
                 WHERE e.channel = c.channel AND e.party = c.own_party
                   AND e.seq = coalesce((SELECT r.size FROM log_receipt r
                                         WHERE r.channel = c.channel AND r.party = c.own_party
                                         ORDER BY r.size DESC LIMIT 1), 0)), 0),
       (SELECT count(*) FROM alarm a
        WHERE a.key = 'delivery/' || c.peer_org AND a.cleared_us = 0)
FROM channel c
WHERE c.introduction <> ''
ORDER BY c.channel;
