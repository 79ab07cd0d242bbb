-- fraud_list: proofs of two histories, the newest first
-- $1 most
SELECT c.peer_org, f.size, f.note, f.other, f.found_us
FROM fraud f
JOIN channel c ON c.channel = f.channel
ORDER BY f.found_us DESC, f.channel, f.size
LIMIT $1;
