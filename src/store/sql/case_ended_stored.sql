-- case_ended_stored: when this node stored the event that ended a case; 0: there is none
-- $1 case
-- $2 its iat, us
-- $3 act of a close
-- $4 act of a refusal
SELECT coalesce(min(l.stored_us), 0)
FROM v_case c
JOIN v_case_event e ON e.casefile = c.casefile AND e.iat_us = $2 AND e.act IN ($3, $4)
JOIN log_event l ON l.channel = c.channel AND l.party = e.party AND l.seq = e.seq
WHERE c.casefile = $1;
