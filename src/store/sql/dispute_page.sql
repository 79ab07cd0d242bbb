-- dispute_page: disputes in one of two states from a cursor on, the oldest first
-- $1 a state
-- $2 another, or the same
-- $3 iat of the cursor, us
-- $4 dispute of the cursor
-- $5 limit
SELECT iat_us, casefile, party, dispute, seq, about, items, state, author, body, iat_us,
       answer_author, answer, answer_iat_us, ruling, ruling_author, reason, ruled_us, ruled_us
FROM v_dispute
WHERE state IN ($1, $2) AND (iat_us > $3 OR (iat_us = $3 AND dispute > $4))
ORDER BY iat_us, dispute
LIMIT $5;
