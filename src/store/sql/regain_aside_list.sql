-- regain_aside_list: events that are no part of the log, the newest first
-- $1 most
SELECT c.peer_org, a.seq, a.type, a.by_whom, a.casefile, a.iat_us, a.aside_us
FROM regain_aside a
JOIN channel c ON c.channel = a.channel
ORDER BY a.aside_us DESC, a.channel, a.seq
LIMIT $1;
