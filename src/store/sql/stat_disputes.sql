-- stat_disputes: disputes by when they were opened
-- $1 channel
-- $2 from
-- $3 to, not included
SELECT party, ruling
FROM v_dispute
WHERE channel = $1 AND iat_us >= $2 AND iat_us < $3
  AND NOT EXISTS (SELECT 1 FROM v_case c WHERE c.casefile = v_dispute.casefile AND c.test = 1)
ORDER BY casefile, party, dispute;
