-- case_timeline: the newest events of a case, the oldest of them first, without the parts
-- Only those of the case's own channel: another peer's may name any case, and are void.
-- $1 case
-- $2 limit
SELECT channel, party, seq, type, iat_us, author, void, behind_us, ahead_us
FROM (SELECT v.channel, v.party, v.seq, v.type, v.iat_us, v.author, v.void,
	     v.behind_us, v.ahead_us
      FROM v_event v
      JOIN v_case c ON c.casefile = v.casefile AND c.channel = v.channel
      WHERE v.casefile = $1 AND v.type <> 'notice.part'
      ORDER BY v.iat_us DESC, v.party DESC, v.seq DESC
      LIMIT $2) AS newest
ORDER BY iat_us, party, seq;
