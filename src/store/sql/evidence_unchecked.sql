-- evidence_unchecked: a file of the other side that nobody has opened yet
SELECT v.channel, v.party, v.seq, v.casefile, v.sha256, v.len, v.pt_commit
FROM evidence_file f
JOIN v_evidence v ON v.sha256 = f.sha256 AND v.channel = f.channel
JOIN channel c ON c.channel = v.channel AND c.own_party <> v.party
WHERE f.checked = 0 AND f.named = 1 AND f.state = 1
ORDER BY f.came_us
LIMIT 1;
