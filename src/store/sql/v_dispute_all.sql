-- v_dispute_all: every row of v_dispute in a fixed order, for comparing rebuilds
SELECT casefile, party, dispute, channel, seq, about, items, state, author, body, iat_us,
       answer_author, answer, answer_iat_us, ruling, ruling_author, reason, ruled_us
FROM v_dispute
ORDER BY casefile, party, dispute;
