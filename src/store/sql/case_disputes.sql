-- case_disputes: the disputes of a case, as they were opened
-- $1 case
SELECT casefile, party, dispute, seq, about, items, state, author, body, iat_us,
       answer_author, answer, answer_iat_us, ruling, ruling_author, reason, ruled_us, ruled_us
FROM v_dispute
WHERE casefile = $1
ORDER BY iat_us, party, dispute;
