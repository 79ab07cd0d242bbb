-- fraud_list: proofs of equivocation, the newest first
-- $1 most
SELECT c.peer_org,
       CASE WHEN f.party = c.own_party THEN 1 ELSE 0 END,
       f.kind, f.size, f.note, f.other, f.found_us, f.from_peer,
       CASE WHEN f.told_us < 0 THEN 0 ELSE f.told_us END,
       CASE WHEN f.told_us < 0 THEN 1 ELSE 0 END, f.settled,
       CASE WHEN f.proof = '' THEN 'null' ELSE f.proof END
FROM fraud f
JOIN channel c ON c.channel = f.channel
ORDER BY f.found_us DESC, f.channel, f.size
LIMIT $1;
