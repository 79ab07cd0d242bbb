-- epoch_newest: the newest epoch of a channel that both sides signed, with the smaller of the heads that they named
-- $1 channel
SELECT a.epoch,
       CASE WHEN a.authority_size < p.authority_size THEN a.authority_size ELSE p.authority_size END,
       CASE WHEN a.platform_size < p.platform_size THEN a.platform_size ELSE p.platform_size END
FROM epoch a
JOIN epoch p ON p.channel = a.channel AND p.epoch = a.epoch AND p.party = 1
WHERE a.channel = $1 AND a.party = 0
ORDER BY a.epoch DESC
LIMIT 1;
